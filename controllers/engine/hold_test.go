package engine

import (
	"testing"

	"github.com/waypost/waypost/api/snapshot"
	"github.com/waypost/waypost/controllers/status"
)

func TestIndexOfNetworks(t *testing.T) {
	e := New(Options{})
	at := func(namespace, name string) status.Key {
		return status.Key{Kind: snapshot.KindNetwork, Namespace: namespace, Name: name}
	}
	e.index(at("shop", "b"), true)
	e.index(at("shop", "a"), true)
	e.index(at("shop", "b"), true)
	e.index(at("mall", "x"), true)
	e.index(key("offer"), true)
	if got := e.networks["shop"]; len(got) != 2 || got[0].Name != "a" || got[1].Name != "b" {
		t.Errorf("shop has %v", got)
	}
	e.index(at("shop", "a"), false)
	e.index(at("shop", "a"), false)
	e.index(at("mall", "x"), false)
	if got := e.networks["shop"]; len(got) != 1 || got[0].Name != "b" || len(e.networks) != 1 {
		t.Errorf("networks %v", e.networks)
	}
}
