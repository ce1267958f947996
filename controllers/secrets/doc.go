// Package secrets reads the Secrets that objects name, and no others.
//
// RBAC cannot express "the Secrets that are referenced", and list and watch would
// open every Secret of a namespace. So Reconciler only gets Secrets by the names that
// objects of the same namespace hold, again and again: an intruder in the operator
// can enumerate nothing. A rotated key is noticed within the interval; during a
// rotation both keys stand in the Secret, one a line. The event loop in controllers
// passes what is found to the compiler.
package secrets
