package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/spf13/cobra"

	"github.com/waypost/waypost/api/seal"
)

// ringOf is a ring whose keys begin so long ago.
func ringOf(t *testing.T, ages ...time.Duration) *seal.Keyring {
	t.Helper()
	ring, err := seal.New(time.Now().Add(-ages[0]))
	for _, age := range ages[1:] {
		if err == nil {
			ring, err = ring.Rotate(time.Now().Add(-age - seal.RotationDelay))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func keysCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd, out := newKeysCommand(), &bytes.Buffer{}
	cmd.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return flagsFromEnvironment(cmd.Flags()) }
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetArgs(args)
	cmd.SetOut(out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

const day = 24 * time.Hour

// TestRetireKeys: the key in use and the next one always stay, ids in the wild are lost
// by force alone, and a copy of the old keys is kept.
func TestRetireKeys(t *testing.T) {
	t.Setenv("WAYPOST_FORCE", "true")
	t.Setenv("WAYPOST_UNUSED_FOR", "0s")
	year := []time.Duration{400 * day, 200 * day, 100 * day}
	leaked := []time.Duration{400 * day, time.Minute, -seal.RotationDelay}
	for name, tc := range map[string]struct {
		ages   []time.Duration
		args   string
		left   int
		says   string // in the output or the error
		failed bool
	}{
		"unused for long":             {year, "", 1, "key 2 made ids until", false},
		"unused for less":             {year, "--unused-for 3000h", 2, "the old keys are kept in", false},
		"negative":                    {year, "--unused-for -1h", 3, "give 0 or more", true},
		"negative, by force":          {year, "--unused-for -1h --force", 3, "give 0 or more", true},
		"far back":                    {year, "--unused-for -87600h --force", 3, "give 0 or more", true},
		"ids in the wild":             {leaked, "--unused-for 0s", 3, "give --force", true},
		"ids in the wild, by a word":  {[]time.Duration{40 * day, 20 * day}, "--unused-for 1ns", 2, "give --force", true},
		"leaked, by force":            {leaked, "--unused-for 0s --force", 2, "key 1 made ids until", false},
		"the next stays with current": {[]time.Duration{day, -seal.RotationDelay}, "--unused-for 0s --force", 2, "nothing to retire", false},
		"one key":                     {[]time.Duration{400 * day}, "--unused-for 0s --force", 1, "nothing to retire", false},
		"none is old enough":          {[]time.Duration{40 * day, 20 * day}, "", 2, "nothing to retire", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := seal.SaveDir(dir, ringOf(t, tc.ages...)); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(filepath.Join(dir, seal.FileName))
			if err != nil {
				t.Fatal(err)
			}
			out, err := keysCommand(t, append([]string{"retire", "--data", dir}, strings.Fields(tc.args)...)...)
			if (err != nil) != tc.failed || !strings.Contains(out+fmt.Sprint(err), tc.says) {
				t.Errorf("%v\n%s\nwant %q", err, out, tc.says)
			}
			ring, err := seal.LoadDir(dir)
			if err != nil || len(ring.Keys()) != tc.left {
				t.Fatalf("%v are left, %v; want %d", ring.Keys(), err, tc.left)
			}
			copies, _ := filepath.Glob(filepath.Join(dir, seal.FileName+".*")) // the pattern is good
			if tc.left == len(tc.ages) {
				if len(copies) != 0 {
					t.Errorf("copies %v although nothing was retired", copies)
				}
				return
			}
			if kept, err := os.ReadFile(copies[0]); err != nil || !bytes.Equal(kept, before) {
				t.Errorf("the copy is another one: %v", err)
			}
			if info, err := os.Stat(copies[0]); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the copy has mode %v, %v", info.Mode(), err)
			}
		})
	}
}

// TestRetireKeysInASecret: the copy is a Secret of its own, made before anything is lost.
func TestRetireKeysInASecret(t *testing.T) {
	client := fake.NewClientset()
	store := testKeySecret(client)
	if err := store.save(t.Context(), ringOf(t, 400*day, 200*day)); err != nil {
		t.Fatal(err)
	}
	ring, err := store.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetOut(&bytes.Buffer{})
	if err := retireKeys(cmd, store, ring, lookback, false); err != nil {
		t.Fatal(err)
	}
	list, err := client.CoreV1().Secrets("system").List(t.Context(), metav1.ListOptions{})
	if err != nil || len(list.Items) != 2 {
		t.Fatalf("%d Secrets, %v", len(list.Items), err)
	}
	for _, secret := range list.Items {
		ring, err := seal.Parse(secret.Data[seal.FileName])
		want := 1
		if secret.Name != "keys" {
			want = 2
		}
		if err != nil || len(ring.Keys()) != want {
			t.Errorf("%s has %v, %v", secret.Name, ring, err)
		}
	}
}

// TestRotateTwice: a rotation that is repeated before the new key begins adds none.
func TestRotateTwice(t *testing.T) {
	dir := t.TempDir()
	if err := seal.SaveDir(dir, ringOf(t, day)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if out, err := keysCommand(t, "rotate", "--data", dir); err != nil {
			t.Fatal(out, err)
		}
	}
	if ring, err := seal.LoadDir(dir); err != nil || len(ring.Keys()) != 2 {
		t.Errorf("%v, %v", ring.Keys(), err)
	}
}

// TestInitSigningKeepsWhatIsTrusted: a new pair is trusted beside the old one.
func TestInitSigningKeepsWhatIsTrusted(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, verifyKeysFile)
	if err := keyDir(dir).initSigning(t.Context()); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(path)
	if err = errors.Join(err, os.Remove(filepath.Join(dir, signingKeyFile)), keyDir(dir).initSigning(t.Context())); err != nil {
		t.Fatal(err)
	}
	if both, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(both, old) || len(both) == len(old) {
		t.Errorf("trusted are now %s, %v", both, err)
	}
}

// TestInitMakesTheDirectory: the first key of a directory that is not there yet.
func TestInitMakesTheDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	cmd := newKeysCommand()
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs([]string{"init", "--data", dir})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.LoadDir(dir); err != nil {
		t.Error(err)
	}
}

// TestChangesAtOnce: a rotation and a retirement that run at the same time both happen,
// and a lost one is never reported as done.
func TestChangesAtOnce(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		if err := seal.SaveDir(dir, ringOf(t, 400*day, 200*day)); err != nil {
			t.Fatal(err)
		}
		var commands sync.WaitGroup
		for _, args := range []string{"rotate", "retire", "rotate", "retire"} {
			commands.Go(func() {
				if out, err := keysCommand(t, args, "--data", dir); err != nil {
					t.Error(args, out, err)
				}
			})
		}
		commands.Wait()
		ring, err := seal.LoadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if keys := ring.Keys(); len(keys) != 2 || keys[0].ID != 2 || keys[1].ID != 3 {
			t.Fatalf("%v are left, want keys 2 and 3", keys)
		}
	}
}

// TestChangesOfASecretAtOnce: the command that finds the Secret changed begins again.
func TestChangesOfASecretAtOnce(t *testing.T) {
	client := fake.NewClientset()
	store := testKeySecret(client)
	ring := ringOf(t, 400*day, 200*day)
	if err := store.save(t.Context(), ring); err != nil {
		t.Fatal(err)
	}
	rotated, err := ring.Rotate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	data, err := rotated.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var other sync.Once
	client.PrependReactor("update", "secrets", func(clienttesting.Action) (first bool, _ runtime.Object, err error) {
		other.Do(func() {
			first = true
			err = errors.Join(apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, "keys", nil),
				client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("secrets"), &corev1.Secret{
					ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "keys"}, Data: map[string][]byte{seal.FileName: data},
				}, "system"))
		})
		return first, nil, err
	})
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetOut(&bytes.Buffer{})
	err = changeKeys(t.Context(), store, func(store keyStore, ring *seal.Keyring) error {
		return retireKeys(cmd, store, ring, lookback, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	if ring, err = store.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if keys := ring.Keys(); len(keys) != 2 || keys[0].ID != 2 || keys[1].ID != 3 {
		t.Errorf("%v are left, want keys 2 and 3", keys)
	}
}

// TestLostSecretIsNotMadeAnew: an installation that ran has a marker beside the Secret, so
// the Job of the chart does not replace a deleted one, except by the code of that loss.
func TestLostSecretIsNotMadeAnew(t *testing.T) {
	client := fake.NewClientset()
	secrets, lose := client.CoreV1().Secrets("system"), ""
	run := func(code string) (*seal.Keyring, error) { // what the Job runs
		store := testKeySecret(client)
		var ring *seal.Keyring
		err := store.alone(t.Context(), func() (err error) {
			ring, err = store.init(t.Context(), code)
			return err
		})
		return ring, err
	}
	for _, step := range []struct {
		name  string
		loses bool
		code  func(last string) string
		fails bool
		fresh bool
	}{
		{"the installation", false, nil, false, true},
		{"an upgrade", false, nil, false, false},
		{"an upgrade after the loss", true, nil, true, false},
		{"again", false, nil, true, false},
		{"by another code", false, func(string) string { return "00000000" }, true, false},
		{"by its code", false, func(last string) string { return last }, false, true},
		{"an upgrade with it", false, func(last string) string { return last }, false, false},
		{"a second loss, the flag left on", true, func(last string) string { return last }, true, false},
	} {
		if step.loses {
			if err := secrets.Delete(t.Context(), "keys", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		code := ""
		if step.code != nil {
			code = step.code(lose)
		}
		client.ClearActions()
		ring, err := run(code)
		if (err != nil) != step.fails {
			t.Fatalf("%s: %v", step.name, err)
		}
		made := slices.ContainsFunc(client.Actions(), func(a clienttesting.Action) bool {
			return a.GetVerb() == "create" && a.GetResource().Resource == "secrets"
		})
		if made != step.fresh || !step.fails && ring == nil {
			t.Errorf("%s: a Secret was made: %t", step.name, made)
		}
		if err != nil && lose == "" {
			lose = codeIn(err)
		}
	}
}

// TestSecretOfBeforeGetsItsMarker: one that an earlier version made is remembered from the
// next run on.
func TestSecretOfBeforeGetsItsMarker(t *testing.T) {
	client := fake.NewClientset()
	if err := testKeySecret(client).save(t.Context(), ringOf(t, day)); err != nil {
		t.Fatal(err)
	}
	if _, err := testKeySecret(client).init(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if err := client.CoreV1().Secrets("system").Delete(t.Context(), "keys", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := testKeySecret(client).init(t.Context(), ""); err == nil {
		t.Error("the lost Secret was made anew")
	}
}
