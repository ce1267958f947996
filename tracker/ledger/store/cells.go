package store

import (
	"context"
	"fmt"

	"github.com/waypost/waypost/tracker/ledger/judge"
)

// Cell is a judge.Cell with the number that other tables refer to it by. Numbers
// are given in the order of the journal, so a rebuild gives the same.
type Cell struct {
	ID int64
	judge.Cell
}

const cellColumns = "id, network, offer, partner, advertiser, goal, currency, private"

var cellTable = &table{name: "cells", columns: columnsOf("id network offer partner advertiser goal currency private")}

// Cells reads all cells.
func (tx *Tx) Cells(ctx context.Context) ([]Cell, error) {
	var out []Cell
	err := tx.in.query(ctx, "SELECT "+cellColumns+" FROM cells ORDER BY id", nil, func(row scanner) error {
		var c Cell
		var private int64
		err := row.Scan(&c.ID, &c.Network, &c.Offer, &c.Partner, &c.Advertiser, &c.Goal, &c.Currency, &private)
		c.Private = private != 0
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the cells: %w", err)
	}
	return out, nil
}

// AddCells adds new cells.
func (tx *Tx) AddCells(ctx context.Context, cells []Cell) error {
	err := tx.in.insert(ctx, cellTable, len(cells), func(i int, row []any) {
		c := &cells[i]
		row[0], row[1], row[2], row[3] = c.ID, c.Network, c.Offer, c.Partner
		row[4], row[5], row[6], row[7] = c.Advertiser, c.Goal, c.Currency, flag(c.Private)
	})
	if err != nil {
		return fmt.Errorf("add cells: %w", err)
	}
	return nil
}

// Goal is what a goal was called last, for reports.
type Goal struct {
	Network, Offer, Goal string // the key; Goal is the value
	Name, Slug, Title    string
}

var goalTable = &table{name: "goals", columns: columnsOf("network offer goal name slug title"),
	conflict: replace("network, offer, goal", columnsOf("network offer goal name slug title"))}

// Goals reads what all goals are called.
func (tx *Tx) Goals(ctx context.Context) ([]Goal, error) {
	var out []Goal
	err := tx.in.query(ctx, "SELECT network, offer, goal, name, slug, title FROM goals", nil, func(row scanner) error {
		var g Goal
		err := row.Scan(&g.Network, &g.Offer, &g.Goal, &g.Name, &g.Slug, &g.Title)
		out = append(out, g)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the goals: %w", err)
	}
	return out, nil
}

// PutGoals keeps what goals are called.
func (tx *Tx) PutGoals(ctx context.Context, goals []Goal) error {
	err := tx.in.upsert(ctx, goalTable, len(goals), func(i int, row []any) {
		g := &goals[i]
		row[0], row[1], row[2] = g.Network, g.Offer, g.Goal
		row[3], row[4], row[5] = clean(g.Name), clean(g.Slug), clean(g.Title)
	})
	if err != nil {
		return fmt.Errorf("keep the names of goals: %w", err)
	}
	return nil
}

// Zone is the time zone that days of a network are counted in from a moment on.
type Zone struct {
	Network string
	Since   int64 // microseconds since 1970
	Zone    string
}

var zoneTable = &table{name: "zones", columns: columnsOf("network since zone"),
	conflict: replace("network, since", columnsOf("network since zone"))}

// Zones reads the time zones of all networks, each network's in order.
func (tx *Tx) Zones(ctx context.Context) ([]Zone, error) {
	var out []Zone
	err := tx.in.query(ctx, "SELECT network, since, zone FROM zones ORDER BY network, since", nil, func(row scanner) error {
		var z Zone
		err := row.Scan(&z.Network, &z.Since, &z.Zone)
		out = append(out, z)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the time zones: %w", err)
	}
	return out, nil
}

// PutZones keeps time zones.
func (tx *Tx) PutZones(ctx context.Context, zones []Zone) error {
	err := tx.in.upsert(ctx, zoneTable, len(zones), func(i int, row []any) {
		row[0], row[1], row[2] = zones[i].Network, zones[i].Since, zones[i].Zone
	})
	if err != nil {
		return fmt.Errorf("keep the time zones: %w", err)
	}
	return nil
}
