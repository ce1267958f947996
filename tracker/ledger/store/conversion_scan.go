package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/judge"
)

var selectConversions = "SELECT " + strings.Join(conversionColumns, ", ") + " FROM conversions"

// collect appends each row to list. Cell numbers are left for the caller to resolve.
func collect(list *[]Conversion) func(scanner) error {
	return func(row scanner) error {
		c, err := scanConversion(row)
		*list = append(*list, c)
		return err
	}
}

func scanConversion(row scanner) (Conversion, error) {
	c := Conversion{Conversion: &judge.Conversion{}}
	var status, missing, via, said int64
	var amount *int64
	var subs, extras, history string
	var terms, orderKey, sessionKey, repeatKey []byte
	err := row.Scan(&c.ID, &c.At, &c.Day, &c.Cell, &status, &c.Reason, &c.ClickID, &c.AimpID, &c.SessionAt, &missing,
		&c.OrderID, &c.GoalRaw, &amount, (*int64)(&c.Payout), (*int64)(&c.Revenue), &c.PayoutRule, &c.RevenueRule, &c.Config, &via, &said, &c.HoldUntil,
		&c.Source, &c.Ref, &c.ImpID, &c.Country, &c.Device, &subs, &extras, &history, &terms, &orderKey, &sessionKey, &repeatKey, &c.UpdatedAt)
	if err != nil {
		return c, err
	}
	c.Status, c.Said = snapshot.ConversionStatus(status), snapshot.ConversionStatus(said)
	c.ClickMissing, c.Via = missing != 0, journal.Via(via)
	c.Amount = (*money.Amount)(amount)
	copy(c.Terms[:], terms)
	copy(c.OrderKey[:], orderKey)
	copy(c.SessionKey[:], sessionKey)
	copy(c.RepeatKey[:], repeatKey)
	if err := parseSubs(subs, &c.Subs); err != nil {
		return c, err
	}
	if c.Extras, err = parseObject(extras); err != nil {
		return c, err
	}
	c.History, err = ParseHistory(history)
	return c, err
}

// objectText is a map of strings as JSON, sorted by name.
func objectText(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	b := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(append(appendQuoted(b, name), ':'), m[name])
	}
	return string(append(b, '}'))
}

func parseObject(text string) (map[string]string, error) {
	if text == "{}" {
		return nil, nil
	}
	var m map[string]string
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("read a JSON object: %w", err)
	}
	return m, nil
}

// change is a judge.Change as JSON.
type change struct {
	At      int64                     `json:"at"`
	From    snapshot.ConversionStatus `json:"from"`
	To      snapshot.ConversionStatus `json:"to"`
	By      string                    `json:"by"`
	Reason  string                    `json:"reason"`
	Partner string                    `json:"partner"`
}

func historyText(list []judge.Change) string {
	b := []byte{'['}
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"at":`...), list[i].At, 10)
		b = strconv.AppendInt(append(b, `,"from":`...), int64(list[i].From), 10)
		b = strconv.AppendInt(append(b, `,"to":`...), int64(list[i].To), 10)
		b = appendQuoted(append(b, `,"by":`...), list[i].By)
		b = appendQuoted(append(b, `,"reason":`...), list[i].Reason)
		if list[i].Partner != "" {
			b = appendQuoted(append(b, `,"partner":`...), list[i].Partner)
		}
		b = append(b, '}')
	}
	return string(append(b, ']'))
}

// ParseHistory reads the column history of conversions.
func ParseHistory(text string) ([]judge.Change, error) {
	var list []change
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("read the history of a conversion: %w", err)
	}
	out := make([]judge.Change, len(list))
	for i, c := range list {
		out[i] = judge.Change(c)
	}
	return out, nil
}
