// Package controllers is the operator: it runs the event loop of
// controllers/engine under a controller-runtime manager, with informers, leader
// election, health and metrics.
//
// Run is what "waypost operator" calls; Rollback and Release are what
// "waypost rollback" calls. The steps from objects to a serving tracker are the
// packages below: compile, publish, acks and status.
package controllers
