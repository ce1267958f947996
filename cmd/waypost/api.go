package main

import (
	"net/http"

	"github.com/waypost/waypost/tracker/admin"
)

// api makes the admin port's handler with the ledger's API and console on it, and
// the tasks that it needs.
func (b *bookkeeping) api(authorizer admin.Authorizer, o admin.Options) (http.Handler, []task, error) {
	o.Authorizer = authorizer
	return admin.NewHandler(o), nil, nil
}
