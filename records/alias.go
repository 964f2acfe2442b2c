package records

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
)

const (
	// aliasSecret names the secret that aliases are made up with.
	aliasSecret = "import-aliases"

	// aliasLength makes it unlikely that two of a million links meet.
	aliasLength = 10

	base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

// makeAlias gives a link without an alias the one that the same record gets each
// time: an import that is repeated finds what it has made. Nobody guesses it
// without the target's secret.
func (im *importer) makeAlias(ctx context.Context, l *Link) error {
	if im.aliasKey == nil {
		key, err := im.secret(ctx)
		if err != nil {
			return err
		}
		im.aliasKey = key
	}
	bare := *l
	bare.SetID(0, 0)
	bare.PasswordHash, bare.Protected = "", false
	mac := hmac.New(sha256.New, im.aliasKey)
	err := values(&bare, func(f *field, value string) error {
		_, err := fmt.Fprintf(mac, "%s=%q\n", f.name, value)
		return err
	})
	if err != nil {
		return err
	}
	alias := make([]byte, 0, aliasLength)
	for _, b := range mac.Sum(nil)[:aliasLength] {
		alias = append(alias, base58[int(b)%len(base58)])
	}
	l.Alias = string(alias)
	return nil
}

func (im *importer) secret(ctx context.Context) ([]byte, error) {
	if im.o.DryRun {
		key := make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails since Go 1.24
		return key, nil
	}
	return im.target.Secret(ctx, aliasSecret)
}
