// Image builds a container image of one static Go program without Docker, a base
// image or a registry: scratch, the CA certificates of Debian's ca-certificates
// package, a non-root user and the binary, for each platform.
//
// It writes into --output, with NAME and VERSION in the files' names:
//
//	NAME-VERSION.oci.tar              all platforms, as an OCI image layout
//	NAME-VERSION-linux-amd64.tar      one platform, for docker load and ctr images import
//	NAME-VERSION-linux-amd64.cdx.json what is inside, as CycloneDX
//
// The same sources, Go release, certificates and version give the same bytes.
// --push REFERENCE pushes the index with the credentials of docker login.
//
// # What happens
//
//  1. Debian's CA certificates are checked, one by one, and joined (certificates.go). With
//     the two user names they are the base layer, the same for all platforms.
//  2. For each platform the program is built static (compile.go) and becomes the second
//     layer (layers.go), and both an image (assemble.go). What the linker put into the
//     binary is listed in its bill of materials (bill.go).
//  3. The index of all images is written and, with --push, pushed (output.go).
//
// # Why the bytes are the same
//
// No time but --epoch is in any file, no path of this machine in the binary (-trimpath),
// no commit (-buildvcs=false). Files are packed in the order of their names, with fixed
// owners and modes. hack/image.TestSameBytes builds twice and compares.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// options are the command line's flags; main has their meanings.
type options struct {
	source       string
	program      string
	name         string
	version      string
	stamp        string
	reference    string
	platforms    string
	certificates string
	output       string
	push         string
	epoch        int64
}

func main() {
	var o options
	flag.StringVar(&o.source, "source", ".", "directory of the Go module to build in")
	flag.StringVar(&o.program, "package", "./cmd/waypost", "package of the program")
	flag.StringVar(&o.name, "name", "waypost", "name of the program, and of the files that are written")
	flag.StringVar(&o.version, "version", "dev", "version: stamped, in the labels and in the files' names")
	flag.StringVar(&o.stamp, "stamp", "main.version", "variable that gets the version; empty for none")
	flag.StringVar(&o.reference, "reference", "", "name of the image in the archives; default NAME:VERSION")
	flag.StringVar(&o.platforms, "platforms", "linux/amd64,linux/arm64", "platforms, joined by commas")
	flag.StringVar(&o.certificates, "certificates", debianCertificates, "directory of the CA certificates, one a file; the default is where Debian's ca-certificates has them")
	flag.StringVar(&o.output, "output", "dist", "directory to write to")
	flag.StringVar(&o.push, "push", "", "reference to push to, with the credentials of docker login")
	flag.Int64Var(&o.epoch, "epoch", epochFromEnvironment(), "time of all files, in seconds since 1970; default SOURCE_DATE_EPOCH or 0")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// run builds all platforms before anything is pushed, so that an index is never pushed
// without one of them.
func run(ctx context.Context, o options) error {
	if o.reference == "" {
		o.reference = o.name + ":" + o.version
	}
	platforms, err := parsePlatforms(o.platforms)
	if err != nil {
		return err
	}
	roots, err := readCertificates(o.certificates)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.output, 0o755); err != nil {
		return fmt.Errorf("making the output directory: %w", err)
	}
	created := time.Unix(o.epoch, 0).UTC()
	base, err := baseLayer(roots.bundle, created)
	if err != nil {
		return err
	}
	var built []platformImage
	for _, platform := range platforms {
		image, err := o.onePlatform(ctx, platform, base, roots, created)
		if err != nil {
			return fmt.Errorf("building for %s: %w", platform, err)
		}
		built = append(built, image)
	}
	return o.publish(ctx, built)
}

// onePlatform builds the binary and writes its image and its bill of materials.
func (o *options) onePlatform(ctx context.Context, platform v1.Platform, base v1.Layer, roots *certificates, created time.Time) (platformImage, error) {
	scratch, err := os.MkdirTemp("", "image-")
	if err != nil {
		return platformImage{}, fmt.Errorf("making a scratch directory: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	binary := filepath.Join(scratch, o.name)
	if err := compile(ctx, o, platform, binary); err != nil {
		return platformImage{}, err
	}
	image, err := assemble(o, platform, base, binary, created)
	if err != nil {
		return platformImage{}, err
	}
	stem := o.stem() + "-" + strings.ReplaceAll(platform.String(), "/", "-")
	bill, err := billOfMaterials(binary, o, platform, roots, created)
	if err != nil {
		return platformImage{}, err
	}
	if err := os.WriteFile(stem+".cdx.json", bill, 0o644); err != nil {
		return platformImage{}, fmt.Errorf("writing the bill of materials: %w", err)
	}
	return platformImage{platform: platform, image: image}, writeDockerArchive(stem+".tar", o.reference, image)
}

// publish writes the index of all platforms, prints its digest, which is what to deploy
// by, and pushes it where --push is given.
func (o *options) publish(ctx context.Context, built []platformImage) error {
	index := indexOf(built)
	if err := writeLayout(o.stem()+".oci.tar", o.reference, index, time.Unix(o.epoch, 0).UTC()); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("digest of the index: %w", err)
	}
	fmt.Printf("%s@%s\n", o.reference, digest)
	if o.push == "" {
		return nil
	}
	return push(ctx, o.push, index)
}

// stem is what the names of all files begin with.
func (o *options) stem() string { return filepath.Join(o.output, o.name+"-"+o.version) }

var errNoPlatform = errors.New("--platforms: name at least one, such as linux/amd64")

// parsePlatforms reads OS/ARCHITECTURE, joined by commas. Only Linux is taken: the layers
// have its layout of files.
func parsePlatforms(list string) ([]v1.Platform, error) {
	var platforms []v1.Platform
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		platform, err := v1.ParsePlatform(name)
		if err != nil || platform.OS != "linux" || platform.Architecture == "" {
			return nil, fmt.Errorf("--platforms: %q is not a platform such as linux/arm64", name)
		}
		platforms = append(platforms, *platform)
	}
	if len(platforms) == 0 {
		return nil, errNoPlatform
	}
	return platforms, nil
}
