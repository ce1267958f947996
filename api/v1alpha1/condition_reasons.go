package v1alpha1

// Reasons of conditions that are as they should be.
const (
	// ReasonAccepted is used with Accepted=True: the generation is valid.
	ReasonAccepted = "Accepted"
	// ReasonResolvedRefs is used with ResolvedRefs=True: everything that the object names exists.
	ReasonResolvedRefs = "ResolvedRefs"
	// ReasonProgrammed is used with Programmed=True: the object is in a published snapshot.
	ReasonProgrammed = "Programmed"
	// ReasonServed is used with Ready=True: every ready tracker serves this generation.
	ReasonServed = "Served"
	// ReasonPaused is used with Ready=True: every ready tracker has the form of the
	// object in which it is not Active.
	ReasonPaused = "Paused"
)

// Reasons of conditions that wait for something.
const (
	// ReasonPending is used with any condition that is Unknown, and with Reconciling: the generation has not been judged yet.
	ReasonPending = "Pending"
	// ReasonPropagating is used with Ready=False and Reconciling: some ready trackers have not loaded the snapshot yet.
	ReasonPropagating = "Propagating"
	// ReasonPartiallyServed is used with Ready=False: some ready trackers have not loaded the snapshot for a minute.
	ReasonPartiallyServed = "PartiallyServed"
	// ReasonNoTrackers is used with Ready=False: no tracker is ready, so the object is not served.
	ReasonNoTrackers = "NoTrackers"
)

// Reasons for which this generation of an object, or one entry of it, is not accepted.
const (
	// ReasonInvalid is used with Accepted=False: a value is wrong in a way that the schema cannot see.
	ReasonInvalid = "Invalid"
	// ReasonUnknownMacro is used with Accepted=False: a URL holds a macro that does not exist for its kind of URL.
	ReasonUnknownMacro = "UnknownMacro"
	// ReasonReservedValue is used with Accepted=False: a Goal has the value "1", which the default goal has.
	ReasonReservedValue = "ReservedValue"
	// ReasonConflicted is used with Accepted=False: an older object has the same tracking id, goal value, slug, refID
	// or domain, or is the namespace's Network.
	ReasonConflicted = "Conflicted"
	// ReasonGoalsDisabled is used with Accepted=False: the goal's offer, or its network, has goals Disabled (S1-2, S1-25).
	ReasonGoalsDisabled = "GoalsDisabled"
	// ReasonPrivateGoal is used with entries: a private goal has no overrides and no partner postbacks (S1-12).
	ReasonPrivateGoal = "PrivateGoal"
	// ReasonTooLarge is used with Accepted=False: the object would make its shard larger than a snapshot may hold.
	ReasonTooLarge = "TooLarge"
	// ReasonInternalError is used with Accepted=False: the compiler failed on this object alone; the message names the failure.
	ReasonInternalError = "InternalError"
)

// Reasons for which a reference does not resolve.
const (
	// ReasonRefNotFound is used with ResolvedRefs=False and entries: an object that is named does not exist.
	ReasonRefNotFound = "RefNotFound"
	// ReasonRefNotAccepted is used with ResolvedRefs=False and entries: an object that is named is itself not accepted.
	ReasonRefNotAccepted = "RefNotAccepted"
	// ReasonSecretNotFound is used with ResolvedRefs=False: a Secret or its entry does not exist.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonSecretInvalid is used with ResolvedRefs=False: the entry of a Secret holds no usable key.
	ReasonSecretInvalid = "SecretInvalid"
	// ReasonEntriesRefused is used with ResolvedRefs=False: some entries are left out, status.refused names them.
	ReasonEntriesRefused = "EntriesRefused"
)

// Reasons for which an object is not in a published snapshot.
const (
	// ReasonNotAccepted is used with Programmed=False: the object was never accepted.
	ReasonNotAccepted = "NotAccepted"
	// ReasonMassDeletionHeld is used with Programmed=False and Stalled: the revision would remove more than half of the
	// network's offers and waits for an annotation.
	ReasonMassDeletionHeld = "MassDeletionHeld"
	// ReasonPinned is used with Programmed=False: an earlier revision is pinned by a rollback.
	ReasonPinned = "Pinned"
	// ReasonPublishFailed is used with Programmed=False: the snapshot could not be written; it is tried again.
	ReasonPublishFailed = "PublishFailed"
)

// Reasons that are about what happens with an object, rather than with its configuration.
const (
	// ReasonCallsFailed is used with PostbacksSuspended: the URL of a partner's postback failed ten times in a row.
	ReasonCallsFailed = "CallsFailed"
)
