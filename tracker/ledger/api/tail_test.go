package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/tracker/journal"
	"github.com/waypost/waypost/tracker/ledger/api"
	"github.com/waypost/waypost/tracker/ledger/ledgertest"
	"github.com/waypost/waypost/tracker/ledger/store/storetest"
)

// stream is a live tail that a test listens to.
type stream struct {
	s      *server
	events chan event
	end    context.CancelFunc
}

type event struct {
	name, id string
	data     object
}

func (s *server) follow(path string) *stream {
	s.Helper()
	ctx, cancel := context.WithCancel(s.Context())
	r := s.request("GET", path, "").WithContext(ctx)
	answer, err := s.http.Client().Do(r)
	if err != nil {
		s.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		s.Fatalf("%s answered %d %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	st := &stream{s: s, events: make(chan event, 100), end: cancel}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // it begins to follow
	go func() {
		defer close(st.events)
		defer func() { _ = answer.Body.Close() }()
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e = event{name: value}
			case "id":
				e.id = value
			case "data":
				if json.Unmarshal([]byte(value), &e.data) == nil {
					st.events <- e
				}
			}
		}
	}()
	s.Cleanup(cancel)
	return st
}

func (st *stream) next() event {
	st.s.Helper()
	select {
	case e := <-st.events:
		return e
	case <-time.After(20 * time.Second):
		st.s.Fatal("no event within 20 s")
		return event{}
	}
}

func TestFollowConversions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := serve(t, ledgertest.Open(t, target), func(o *api.Options) { o.Now = func() time.Time { return noon } })
		v := visit{At: noon.Add(-time.Hour)}
		s.Write(v.Click(), v.Postback(noon.Add(-time.Second), ledgertest.Order("before")))
		live := s.follow("/conversions?follow=1&partner=blog")
		s.Write(v.Postback(noon.Add(time.Second), ledgertest.Order("new"), ledgertest.Status(snapshot.StatusPending)))
		e := live.next()
		if e.name != "conversion" || e.id != e.data["id"] || e.data["orderID"] != "new" || e.data["status"] != "pending" {
			t.Fatalf("%+v", e)
		}
		s.Write(journal.Entry{Moderation: &journal.Moderation{At: noon.Add(2 * time.Second).UnixMicro(), Network: "net", ConversionID: e.id, Status: snapshot.StatusApproved, Actor: "ann"}})
		if e = live.next(); e.data["orderID"] != "new" || e.data["status"] != "approved" {
			t.Errorf("after a change %+v", e)
		}
		// Late, but not too late; and one that the filter leaves out before it.
		other := visit{N: 1, At: noon.Add(-time.Hour), Partner: "mail"}
		s.Write(other.Click(), other.Postback(noon.Add(3*time.Second)), v.Postback(noon.Add(-30*time.Second), ledgertest.Order("late")))
		if e = live.next(); e.data["orderID"] != "late" {
			t.Errorf("%+v", e)
		}
		live.end()
		for range live.events {
			t.Error("an event after the end")
		}
	})
}

func TestFollowPostbacksFromAMoment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, target string) {
		s := serve(t, ledgertest.Open(t, target), func(o *api.Options) { o.Ledger = nil }) // looks by itself
		v := visit{At: noon}
		s.Write(v.Click(), v.Postback(noon.Add(time.Minute), ledgertest.Order("one")), v.Postback(noon.Add(2*time.Minute), ledgertest.Order("two")))
		live := s.follow("/postbacks?follow=true&from=2026-11-20T12:01:30Z")
		if e := live.next(); e.name != "postback" || e.data["orderID"] != "two" {
			t.Errorf("%+v", e)
		}
		s.Write(v.Postback(noon.Add(3*time.Minute), ledgertest.Order("two")))
		if e := live.next(); e.data["reason"] != "duplicate" {
			t.Errorf("%+v", e)
		}
	})
}

func TestFollowingEndsWithTheServer(t *testing.T) {
	s := serve(t, ledgertest.Open(t, storetest.SQLite(t)), nil)
	live := s.follow("/conversions?follow=1")
	s.http.CloseClientConnections()
	select {
	case _, open := <-live.events:
		if open {
			t.Error("an event out of nothing")
		}
	case <-time.After(20 * time.Second):
		t.Error("the tail goes on")
	}
}
