package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/waypost/waypost/api/snapshot"
)

func testKeySecret(client *fake.Clientset) *keySecret {
	return &keySecret{client: client.CoreV1().Secrets("system"), markers: client.CoreV1().ConfigMaps("system"), name: "keys"}
}

// pair returns the two halves as operator and trackers would mount them.
func pair(t *testing.T, client *fake.Clientset) (private, public []byte) {
	t.Helper()
	get := func(name, file string) []byte {
		secret, err := client.CoreV1().Secrets("system").Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return secret.Data[file]
	}
	return get("keys-signing", signingKeyFile), get("keys-verify", verifyKeysFile)
}

func checkPair(t *testing.T, private, public []byte) {
	t.Helper()
	key, err := snapshot.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := snapshot.ParsePublicKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	if len(trusted) != 1 || !trusted[0].Equal(key.Public().(ed25519.PublicKey)) {
		t.Error("what the operator signs, trackers would refuse")
	}
}

// TestInitSigningSecrets: made once, and never changed by a second run.
func TestInitSigningSecrets(t *testing.T) {
	client := fake.NewClientset()
	if err := testKeySecret(client).initSigning(t.Context()); err != nil {
		t.Fatal(err)
	}
	private, public := pair(t, client)
	checkPair(t, private, public)
	if err := testKeySecret(client).initSigning(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, _ := pair(t, client)
	if string(again) != string(private) {
		t.Error("the second run replaced the signing key")
	}
}

// TestInitSigningSecretsAfterInterruption: the public half is derived, not made anew.
func TestInitSigningSecretsAfterInterruption(t *testing.T) {
	client := fake.NewClientset()
	if err := testKeySecret(client).initSigning(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Secrets("system").Delete(t.Context(), "keys-verify", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := testKeySecret(client).initSigning(t.Context()); err != nil {
		t.Fatal(err)
	}
	private, public := pair(t, client)
	checkPair(t, private, public)
}

// TestInitSigningSecretsFails: a key that cannot be read is never replaced.
func TestInitSigningSecretsFails(t *testing.T) {
	broken := fake.NewClientset(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "keys-signing"},
		Data:       map[string][]byte{signingKeyFile: []byte("no key")},
	})
	refusing := fake.NewClientset()
	refusing.PrependReactor("get", "secrets", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("the API server is away")
	})
	for what, client := range map[string]*fake.Clientset{"broken": broken, "unreachable": refusing} {
		if err := testKeySecret(client).initSigning(context.Background()); err == nil {
			t.Errorf("%s: no error", what)
		}
		for _, action := range client.Actions() {
			if action.GetVerb() != "get" {
				t.Errorf("%s: %s of a Secret", what, action.GetVerb())
			}
		}
	}
}
