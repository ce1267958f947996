package secrets

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"go.uber.org/goleak"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = types.NamespacedName{Namespace: "shop", Name: "postback-key"}

// store is a client.Reader of Secrets.
type store struct {
	client.Reader // nothing but Get is called

	mu      sync.Mutex
	secrets map[types.NamespacedName]*corev1.Secret
	err     error
	gets    int
	logged  int // failed reads
}

func (s *store) Get(_ context.Context, name client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	if s.err != nil {
		return s.err
	}
	found := s.secrets[name]
	if found == nil {
		return apierrors.NewNotFound(corev1.Resource("secrets"), name.Name)
	}
	found.DeepCopyInto(object.(*corev1.Secret))
	return nil
}

func (s *store) put(version, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := &corev1.Secret{Data: map[string][]byte{"key": []byte(value)}}
	secret.ResourceVersion = version
	s.secrets[key] = secret
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gets
}

// read runs a reconciler in a bubble of fake time.
func read(t *testing.T, test func(t *testing.T, r *Reconciler, s *store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &store{secrets: map[types.NamespacedName]*corev1.Secret{}}
		log := funcr.New(func(string, string) { s.mu.Lock(); s.logged++; s.mu.Unlock() }, funcr.Options{Verbosity: 1})
		r := New(s, 0, log)
		options := r.options()
		options.Reconciler = r
		c, err := controller.NewTypedUnmanaged("secrets", options)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Watch(r.source()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := c.Start(ctx); err != nil {
				t.Error(err)
			}
		}()
		test(t, r, s)
		cancel()
		<-done
	})
}

// news returns what was found by the end of the given time.
func news(r *Reconciler, within time.Duration) []Found {
	var all []Found
	timeout := time.After(within)
	for {
		select {
		case found := <-r.Found():
			all = append(all, found)
		case <-timeout:
			return all
		}
	}
}

func TestReconciler(t *testing.T) {
	read(t, func(t *testing.T, r *Reconciler, s *store) {
		s.put("1", "first")
		r.Watch(key)
		r.Watch(key)
		got := news(r, time.Minute)
		if len(got) != 1 || !got[0].Exists || string(got[0].Data["key"]) != "first" || got[0].Name != key {
			t.Fatalf("found %+v", got)
		}
		if n := s.count(); n < 4 || n > 5 {
			t.Errorf("read %d times in a minute", n)
		}

		s.put("2", "rotated")
		start := time.Now()
		if found := <-r.Found(); string(found.Data["key"]) != "rotated" || time.Since(start) > defaultInterval {
			t.Errorf("found %+v after %v", found, time.Since(start))
		}

		s.mu.Lock()
		delete(s.secrets, key)
		s.mu.Unlock()
		if found := <-r.Found(); found.Exists || found.Data != nil {
			t.Errorf("a deleted Secret is %+v", found)
		}
		if again := news(r, time.Minute); again != nil {
			t.Errorf("the same news again: %+v", again)
		}

		r.Unwatch(key)
		synctest.Wait()
		news(r, time.Minute)
		before := s.count()
		news(r, time.Minute)
		if s.count() != before {
			t.Error("a Secret that nobody names is still read")
		}
	})
}

func TestReconcilerMissing(t *testing.T) {
	read(t, func(t *testing.T, r *Reconciler, s *store) {
		r.Watch(key)
		if got := news(r, 10*time.Second); len(got) != 1 || got[0].Exists {
			t.Fatalf("found %+v, want that it is missing, once", got)
		}
		// It was just applied together with the object that names it.
		r.Unwatch(key)
		news(r, time.Minute)
		r.Watch(key)
		news(r, 300*time.Millisecond)
		s.put("1", "late")
		start := time.Now()
		if found := <-r.Found(); !found.Exists || time.Since(start) > time.Second {
			t.Errorf("found %+v after %v", found, time.Since(start))
		}
	})
}

func TestReconcilerErrors(t *testing.T) {
	read(t, func(t *testing.T, r *Reconciler, s *store) {
		s.fail(errors.New("connection refused"))
		r.Watch(key)
		if got := news(r, 5*time.Second); got != nil {
			t.Fatalf("nothing is known, yet %+v", got)
		}
		s.put("1", "value")
		s.fail(nil)
		if found := <-r.Found(); !found.Exists {
			t.Errorf("found %+v", found)
		}
		// What was known stays while the API server is away.
		s.fail(errors.New("connection refused"))
		if got := news(r, time.Minute); got != nil {
			t.Errorf("an error became news: %+v", got)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.logged == 0 {
			t.Error("the errors were not logged")
		}
	})
}

func TestReconcilerForbidden(t *testing.T) {
	read(t, func(t *testing.T, r *Reconciler, s *store) {
		s.fail(apierrors.NewForbidden(corev1.Resource("secrets"), key.Name, errors.New("no role")))
		r.Watch(key)
		got := news(r, time.Minute)
		if len(got) != 1 || got[0].Exists || got[0].Forbidden == nil {
			t.Fatalf("found %+v, want once that it is forbidden", got)
		}
	})
}
