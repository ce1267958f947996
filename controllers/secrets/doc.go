// Package secrets reads the Secrets that objects name, and no others.
//
// RBAC cannot express "the Secrets that are referenced", and list and watch would
// open every Secret of a namespace. So Reconciler only gets Secrets by the names that
// objects of the same namespace hold, again and again: an intruder in the operator
// can enumerate nothing. A rotated key is noticed within the interval; during a
// rotation both keys stand in the Secret, one a line. The event loop in controllers
// passes what is found to the compiler.
//
// One name is read in this way. Watch enqueues it, and a worker gets the Secret. Found is
// delivered the first time, and from then on when the resource version has changed: a
// Secret that was removed or has come is a change, too. A Secret that is there is read
// again after the interval. A missing one, and one that may not be read, is read again
// after a pause that begins at 250 ms and doubles up to the interval, because the Secret
// of an object is often applied a moment after it. An error of another kind delivers
// nothing, because it is no proof that a Secret is gone.
//
// The cost is one get for each name and interval, whatever the number of objects that
// name it.
package secrets
