// Package v1alpha1 holds the seven custom resources of the group waypost.dev:
// Network, Advertiser, Partner, Offer, Goal, PartnerPayout and PayoutStructure.
//
// The types, their schema and their CEL rules are what a person writes and what the API server refuses;
// the package api/snapshot holds what trackers read, and controllers/compile turns the one into the other.
// It depends on nothing but apimachinery, so that clients of the API can import it.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=waypost.dev
package v1alpha1
