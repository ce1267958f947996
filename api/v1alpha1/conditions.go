package v1alpha1

// Condition types. The set follows kstatus: a tool without support for Waypost waits
// for Ready, and finds progress and failure in Reconciling and Stalled.
const (
	// ConditionAccepted is whether this generation of the object is valid and belongs to what trackers may serve.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "Accepted"
	//
	// Possible reasons for this condition to be False are:
	//
	// * "Invalid"
	// * "UnknownMacro"
	// * "ReservedValue"
	// * "Conflicted"
	// * "GoalsDisabled"
	// * "PrivateGoal"
	// * "TooLarge"
	// * "InternalError"
	//
	// Possible reasons for this condition to be Unknown are:
	//
	// * "Pending"
	//
	// While it is False the last accepted generation, if there is one, keeps being served; the message names it.
	ConditionAccepted = "Accepted"

	// ConditionResolvedRefs is whether everything that the object names exists and may be used.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "ResolvedRefs"
	//
	// Possible reasons for this condition to be False are:
	//
	// * "RefNotFound"
	// * "RefNotAccepted"
	// * "SecretNotFound"
	// * "SecretInvalid"
	// * "EntriesRefused"
	//
	// Possible reasons for this condition to be Unknown are:
	//
	// * "Pending"
	ConditionResolvedRefs = "ResolvedRefs"

	// ConditionProgrammed is whether the object is in a published snapshot, in its current or its last accepted form.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "Programmed"
	//
	// Possible reasons for this condition to be False are:
	//
	// * "NotAccepted"
	// * "RefNotFound"
	// * "MassDeletionHeld"
	// * "Pinned"
	// * "PublishFailed"
	//
	// Possible reasons for this condition to be Unknown are:
	//
	// * "Pending"
	ConditionProgrammed = "Programmed"

	// ConditionReady is whether every ready tracker has loaded this generation and serves it.
	// It is what "kubectl wait --for=condition=Ready" waits for.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "Served"
	// * "Paused"
	//
	// Possible reasons for this condition to be False are:
	//
	// * "NoTrackers"
	// * "Propagating"
	// * "PartiallyServed"
	// * the reason for which Accepted, ResolvedRefs or Programmed is False
	//
	// Possible reasons for this condition to be Unknown are:
	//
	// * "Pending"
	ConditionReady = "Ready"

	// ConditionReconciling is there, as True, only while the operator works towards Ready.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "Pending"
	// * "Propagating"
	// * "NoTrackers"
	// * "RefNotFound"
	// * "SecretNotFound"
	ConditionReconciling = "Reconciling"

	// ConditionStalled is there, as True, only while nothing will change until an object is edited.
	//
	// Possible reasons for this condition to be True are:
	//
	// * the reason for which Accepted is False
	// * "MassDeletionHeld"
	ConditionStalled = "Stalled"

	// ConditionPostbacksSuspended is on a Partner, as True, only while the ledger has suspended one of its postbacks:
	// ten calls of the URL failed in a row within 72 hours. The others go on, and so does everything else of the
	// partner. It ends when the URL is changed or resumed by hand.
	//
	// Possible reasons for this condition to be True are:
	//
	// * "CallsFailed"
	ConditionPostbacksSuspended = "PostbacksSuspended"
)
