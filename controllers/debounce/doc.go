// Package debounce decides when a burst of changes is published: at once when
// nothing has been published lately, else after a quiet moment, and never later
// than a bound after the burst began.
//
// It is pure: the event loop in controllers/engine passes the time in and owns
// the timer.
package debounce
