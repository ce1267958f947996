// Package secrets reads the Secrets that objects name, and no others.
//
// RBAC cannot say "the Secrets that are referenced", and list and watch would
// open every Secret of a namespace. So Reader only gets Secrets by the names that
// objects of the same namespace hold, again and again: who takes the operator
// over can enumerate nothing. A rotated key is noticed within the interval;
// during a rotation both keys stand in the Secret, one a line.
// controllers/engine passes what is found to the compiler.
package secrets
