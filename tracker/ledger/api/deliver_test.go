package api_test

import (
	"time"

	"github.com/waypost/waypost/tracker/ledger/delivery"
)

// fails and works record calls of what is due, as the courier does.
func (s *server) record(times int, result func(d delivery.Delivery) delivery.Result) {
	s.Helper()
	for range times {
		due, err := s.queue.Due(s.Context(), time.Now(), 10, nil, nil)
		if err != nil || len(due) == 0 {
			s.Fatalf("due: %v, %v", due, err)
		}
		if err := s.queue.Record(s.Context(), []delivery.Result{result(due[0])}); err != nil {
			s.Fatal(err)
		}
	}
}

// suspend makes ten calls fail.
func suspend(s *server) {
	s.Helper()
	s.record(10, func(d delivery.Delivery) delivery.Result {
		return delivery.Result{ID: d.ID, Target: d.Target, At: time.Now(), State: delivery.Waiting, NextAt: noon, HTTPStatus: 502, Error: "answered Bad Gateway"}
	})
}

// deliver makes a call succeed.
func deliver(s *server) {
	s.Helper()
	s.record(1, func(d delivery.Delivery) delivery.Result {
		return delivery.Result{ID: d.ID, Target: d.Target, At: time.Now(), State: delivery.Delivered, HTTPStatus: 200}
	})
}
