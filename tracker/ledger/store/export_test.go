package store

import "context"

// ParamsText is paramsText for tests.
var ParamsText = paramsText

// TableNames are the tables that rebuilds and copies know.
func TableNames() (names []string) {
	for _, t := range allTables {
		names = append(names, t.name)
	}
	return names
}

// CompareAll compares two databases as a copy does.
func CompareAll(ctx context.Context, a, b *Store) error {
	x, err := a.hold(ctx)
	if err != nil {
		return err
	}
	defer x.Rollback()
	y, err := b.hold(ctx)
	if err != nil {
		return err
	}
	defer y.Rollback()
	for _, t := range allTables {
		columns, err := columnsOf(ctx, x.in, t.name)
		if err != nil {
			return err
		}
		if _, err := (&tableCopy{t, columns}).compare(ctx, x.in, y.in); err != nil {
			return err
		}
	}
	_, err = compareVisitors(ctx, x.in, y.in)
	return err
}
