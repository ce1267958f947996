package books

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// cell is a row of the table cells: what everything is counted by.
type cell struct {
	id                                              int64
	network, offer, partner, advertiser, goal, curr string
	slug, title                                     string // of the goal
}

// value is what the cell has for a group; false if cells do not know it.
func (c *cell) value(g Group) (string, bool) {
	switch g {
	case ByNetwork:
		return c.network, true
	case ByOffer:
		return c.offer, true
	case ByPartner:
		return c.partner, true
	case ByAdvertiser:
		return c.advertiser, true
	case ByGoal:
		return c.goal, true
	case ByGoalName:
		return c.slug, true
	}
	return "", false
}

// cells reads the cells that conditions on k select, by number.
func (b *Books) cells(ctx context.Context, r reader, w *where, names map[goalKey]goalNames) (map[int64]*cell, error) {
	list := make(map[int64]*cell)
	query := "SELECT k.id, k.network, k.offer, k.partner, k.advertiser, k.goal, k.currency FROM cells k" + w.String()
	err := b.each(ctx, r, query, w.args, func(scan func(...any) error) error {
		c := &cell{}
		err := scan(&c.id, &c.network, &c.offer, &c.partner, &c.advertiser, &c.goal, &c.curr)
		n := names[goalKey{c.network, c.offer, c.goal}]
		c.title, c.slug = n.title, n.slug
		if c.slug == "" {
			c.slug = c.goal
		}
		list[c.id] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cells: %w", err)
	}
	return list, nil
}

type (
	goalKey   struct{ network, offer, goal string }
	goalNames struct{ slug, title string }
)

// goals reads what goals are called.
func (b *Books) goals(ctx context.Context, r reader, network string) (map[goalKey]goalNames, error) {
	w := &where{}
	w.equal("network", network)
	out := make(map[goalKey]goalNames)
	err := b.each(ctx, r, "SELECT network, offer, goal, slug, title FROM goals"+w.String(), w.args, func(scan func(...any) error) error {
		var k goalKey
		var n goalNames
		err := scan(&k.network, &k.offer, &k.goal, &n.slug, &n.title)
		out[k] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the names of goals: %w", err)
	}
	return out, nil
}

// titles are those of the goals in one row: one goal of several offers may have
// several.
type titles []string

func (t *titles) add(title string) {
	if title != "" && !slices.Contains(*t, title) {
		*t = append(*t, title)
	}
}

func (t titles) String() string {
	if len(t) < 2 {
		return strings.Join(t, "")
	}
	sorted := slices.Sorted(slices.Values(t))
	return strings.Join(sorted, " / ")
}
