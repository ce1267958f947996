package journal

// Clicks and impressions are read by hand, as they are written: the library takes ten
// times as long and allocates each text by itself, where these are parts of one text,
// the batch. What is not exactly as a Writer writes it (a field of a newer one, or a
// damaged batch) is left to the library.

func (d *decoder) click(c *Click) error {
	shared, from := c.Context, d.in.at
	if d.in.visit(&c.Traffic, [...]*string{&c.AimpID, nil, nil}) {
		return nil
	}
	*c = Click{Traffic: Traffic{Context: shared}}
	d.in.at = from
	return d.library(c)
}

func (d *decoder) impression(i *Impression) error {
	shared, from := i.Context, d.in.at
	if d.in.visit(&i.Traffic, [...]*string{nil, &i.DestinationName, &i.DestinationURL}) {
		return nil
	}
	*i = Impression{Traffic: Traffic{Context: shared}}
	d.in.at = from
	return d.library(i)
}

// firstOwn is the first key of the fields that clicks or impressions have by themselves.
const firstOwn = 20

// visit reads a map of fields in the order of their keys, and reports whether it could.
// own are the texts with the keys from firstOwn on.
func (in *cursor) visit(t *Traffic, own [3]*string) bool {
	major, pairs, ok := in.head()
	if !ok || major != majorMap {
		return false
	}
	last := uint64(0)
	for range pairs {
		key, ok := in.uint()
		if !ok || key <= last {
			return false
		}
		last = key
		switch {
		case key == 2:
			t.At, ok = in.int()
		case key == 3:
			ok = in.subs(&t.Subs)
		case key == 4:
			t.SubOverflow = true
			ok = in.next(cborTrue)
		default:
			ok = in.textInto(t.text(key, own))
		}
		if !ok {
			return false
		}
	}
	return true
}

// text is the field of a key; nil where it is none, or no text.
func (t *Traffic) text(key uint64, own [3]*string) *string {
	switch key {
	case 1:
		return &t.ID
	case 5:
		return &t.Source
	case 6:
		return &t.Ref
	case 7:
		return &t.ImpID
	case 8:
		return &t.IP
	case 9:
		return &t.UserAgent
	case 10:
		return &t.Referrer
	case 11:
		return &t.Country
	case 12:
		return &t.Device
	case 13:
		return &t.OS
	}
	if key < firstOwn || key >= firstOwn+uint64(len(own)) {
		return nil
	}
	return own[key-firstOwn]
}
