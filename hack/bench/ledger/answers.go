package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/waypost/waypost/hack/bench/figures"
	"github.com/waypost/waypost/hack/bench/instance"
	"github.com/waypost/waypost/hack/bench/load"
	"github.com/waypost/waypost/hack/bench/world"
)

const (
	answerRate   = 500 // postbacks a second
	answerOffers = 1000
)

// measureAnswers measures how long an advertiser waits for the verdict on a
// postback, with tracker, ledger and database in one process, each on disk before
// it is answered. The clicks are made first and at a higher rate, because a postback
// needs one. Two counts go with the times: a fast answer without a verdict, or one whose
// conversion is in no report, is worth nothing.
func (b *bench) measureAnswers(ctx context.Context) (list []figures.Figure, err error) {
	total := int(answerRate * b.answers.Seconds())
	say("answers to %d postbacks at %d a second", total, answerRate)
	if err := world.Manifests(b.path("manifests"), answerOffers); err != nil {
		return nil, err
	}
	serve, err := instance.Start(ctx, instance.Options{Binary: b.binary, Log: b.path("serve.log"), Data: b.path("data")}, true,
		"serve", "--config", b.path("manifests"), "--data", b.path("data"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, serve.Stop()) }()
	ids, err := b.click(ctx, serve, total)
	if err != nil {
		return nil, err
	}
	l, err := b.convert(ctx, serve, ids)
	if err != nil {
		return nil, err
	}
	report, err := serve.Report(ctx)
	if err != nil {
		return nil, err
	}
	return []figures.Figure{
		{Name: "postback answered at 500/s, p50", Unit: "ms", Value: figures.Milliseconds(figures.Percentile(l.All, 0.50))},
		{Name: "postback answered at 500/s, p99", Unit: "ms", Value: figures.Milliseconds(figures.Percentile(l.All, 0.99))},
		{Name: "postbacks answered without a verdict", Value: float64(total - l.Statuses[200])},
		{Name: "conversions missing in the report", Value: float64(total - report.Conversions)},
	}, nil
}

// click makes sessions and returns their click ids, read from the Waypost-Click header
// of each answer.
func (b *bench) click(ctx context.Context, serve *instance.Instance, total int) ([]string, error) {
	var ids []string
	header := []byte("\r\nWaypost-Click: ")
	_, err := load.Paced{
		Address: serve.Public, Connections: 16, Rate: 5000, Core: b.clientCore,
		Requests: world.Requests(serve.Public, world.Paths("/click", answerOffers, answerOffers), world.Chrome),
		Answered: func(_, _ int, answer []byte) {
			_, rest, _ := bytes.Cut(answer, header)
			id, _, _ := bytes.Cut(rest, []byte("\r\n"))
			ids = append(ids, string(id))
		},
	}.Send(ctx, total)
	if err == nil && (len(ids) != total || ids[0] == "") {
		err = fmt.Errorf("%d of %d clicks got an id", len(ids), total)
	}
	return ids, err
}

// convert sends one postback for each click id.
func (b *bench) convert(ctx context.Context, serve *instance.Instance, ids []string) (load.Latencies, error) {
	paths := make([]string, len(ids))
	for i, id := range ids {
		paths[i] = fmt.Sprintf("/postback?clickid=%s&amount=25.00&order_id=A-%d", id, i)
	}
	return load.Paced{
		Address: serve.Public, Connections: 64, Rate: answerRate, Core: b.clientCore,
		Requests: world.Requests(serve.Public, paths, []string{"User-Agent: advertiser/1.0"}),
	}.Send(ctx, len(ids))
}
