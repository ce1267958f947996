package main

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// platformImage is the image of one platform.
type platformImage struct {
	platform v1.Platform
	image    v1.Image
}

// assemble puts the layers together: the base first, which rarely changes, so that an
// upgrade transfers the binary alone. The program runs as a user without rights, by its
// number, because Kubernetes can verify runAsNonRoot by numbers only.
func assemble(o *options, platform v1.Platform, base v1.Layer, binary string, created time.Time) (v1.Image, error) {
	program, err := binaryLayer(o.name, binary, created)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	when := v1.Time{Time: created}
	image, err = mutate.Append(image,
		mutate.Addendum{Layer: base, MediaType: types.OCILayer, History: v1.History{Created: when, CreatedBy: "CA certificates and users"}},
		mutate.Addendum{Layer: program, MediaType: types.OCILayer, History: v1.History{Created: when, CreatedBy: o.name + " " + o.version}},
	)
	if err != nil {
		return nil, fmt.Errorf("stacking the layers: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the image's configuration: %w", err)
	}
	config = config.DeepCopy()
	config.Created, config.OS, config.Architecture, config.Variant = when, platform.OS, platform.Architecture, platform.Variant
	config.Config = v1.Config{
		User: uid + ":" + uid, WorkingDir: "/", Entrypoint: []string{"/" + o.name},
		Labels: map[string]string{
			"org.opencontainers.image.title":   o.name,
			"org.opencontainers.image.version": o.version,
		},
	}
	return mutate.ConfigFile(image, config)
}

// indexOf lists the images of all platforms.
func indexOf(images []platformImage) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, i := range images {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: i.image, Descriptor: v1.Descriptor{Platform: i.platform.DeepCopy()},
		})
	}
	return index
}
