package params

// Param is the meaning of a parameter, whatever its name in a dialect.
type Param uint8

// The parameters of clicks, impressions, postbacks and pixels (docs/rules.md,
// "Parameters"). Numbered ones follow each other, so that Sub1+n is sub id n+1.
const (
	None Param = iota
	Offer
	Partner
	Sub1
	Sub2
	Sub3
	Sub4
	Sub5
	Sub6
	Sub7
	Sub8
	Sub9
	Sub10
	Ref    // the partner's own click id
	ImpID  // the partner's impression id
	AimpID // of this installation
	Source
	Redirect // deep link
	ClickID
	Goal // value
	GoalID
	GoalName
	GoalRef
	Amount
	OrderID
	Status
	Currency
	Comment
	PromoCode
	AdvSub1
	AdvSub2
	AdvSub3
	AdvSub4
	AdvSub5
	Custom1
	Custom2
	Custom3
	Custom4
	Custom5
	Custom6
	Custom7
	Custom8
	Custom9
	Custom10
	Custom11
	Custom12
	Custom13
	Custom14
	Custom15
	Test
	Encrypted
	Action // TUNE /aff_goal?a=
	// Key is collected, every occurrence of it, and never stored (see Set.Keys).
	Key
	count
)

// Subs and CustomFields are how many of the numbered parameters there are.
const (
	Subs         = 10
	AdvSubs      = 5
	CustomFields = 15
)

// Extra is a parameter that postbacks carry along under its canonical name.
type Extra struct {
	Param Param
	Name  string
}

// Extras are the parameters that a conversion keeps as they came, by their
// canonical names.
func Extras() []Extra { return extras[:] }

var extras = [...]Extra{
	{Comment, "comment"},
	{PromoCode, "promo_code"},
	{AdvSub1, "adv_sub1"}, {AdvSub2, "adv_sub2"}, {AdvSub3, "adv_sub3"}, {AdvSub4, "adv_sub4"}, {AdvSub5, "adv_sub5"},
	{Custom1, "custom_field1"}, {Custom2, "custom_field2"}, {Custom3, "custom_field3"}, {Custom4, "custom_field4"},
	{Custom5, "custom_field5"}, {Custom6, "custom_field6"}, {Custom7, "custom_field7"}, {Custom8, "custom_field8"},
	{Custom9, "custom_field9"}, {Custom10, "custom_field10"}, {Custom11, "custom_field11"}, {Custom12, "custom_field12"},
	{Custom13, "custom_field13"}, {Custom14, "custom_field14"}, {Custom15, "custom_field15"},
}
