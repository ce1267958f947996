package console

import (
	"fmt"
	"time"

	"github.com/waypost/waypost/tracker/ledger/query"
)

// chart is a row of bars, one a day, drawn by the template.
type chart struct {
	Title string
	Class string
	Total string
	Bars  []bar
	// Width of the drawing; its height is chartHeight and the bars' labels.
	Width int
	First string
	Last  string
	Most  string
}

type bar struct {
	X, Y, Width, Height int
	Label               string
}

const (
	chartHeight = 90
	barStep     = 14
	barWidth    = 10
	mostDays    = 92
)

// charts draws clicks and conversions by day. Long stretches of time have none:
// their table shows more.
func charts(r *query.Report, from, to string) []chart {
	first, errFirst := time.Parse(time.DateOnly, from)
	last, errLast := time.Parse(time.DateOnly, to)
	n := int(last.Sub(first).Hours()/24) + 1
	if errFirst != nil || errLast != nil || n < 2 || n > mostDays {
		return nil
	}
	clicks, conversions := make([]int64, n), make([]int64, n)
	for i := range r.Rows {
		day, err := time.Parse(time.DateOnly, r.Rows[i].Values[0])
		at := int(day.Sub(first).Hours() / 24)
		if err != nil || at < 0 || at >= n {
			continue
		}
		clicks[at] += r.Rows[i].Clicks
		conversions[at] += r.Rows[i].Conversions
	}
	return []chart{draw("Clicks", "clicks", first, clicks), draw("Conversions", "conversions", first, conversions)}
}

func draw(title, class string, first time.Time, values []int64) chart {
	c := chart{
		Title: title, Class: class, Width: len(values) * barStep,
		First: first.Format(time.DateOnly), Last: first.AddDate(0, 0, len(values)-1).Format(time.DateOnly),
	}
	var most, total int64
	for _, v := range values {
		most = max(most, v)
		total += v
	}
	c.Total, c.Most = number(total), number(most)
	for i, v := range values {
		height := 1
		if most > 0 {
			height = max(1, int(v*chartHeight/most))
		}
		c.Bars = append(c.Bars, bar{
			X: i * barStep, Y: chartHeight - height, Width: barWidth, Height: height,
			Label: fmt.Sprintf("%s: %s", first.AddDate(0, 0, i).Format(time.DateOnly), number(v)),
		})
	}
	return c
}
