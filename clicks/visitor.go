package clicks

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
)

// visitor returns a number that stands for a visitor of a link on the day of
// the salt. Without the salt, which is deleted, nobody can tell from it who it
// was. An IPv6 address counts by its /64, which is one household's.
func visitor(salt Salt, linkID int64, addr netip.Addr, agent agentDigest) int64 {
	// All of it fits into one block of the hash.
	var b [16 + 8 + 9 + len(agent)]byte
	copy(b[:16], salt[:])
	binary.LittleEndian.PutUint64(b[16:], uint64(linkID)) //nolint:gosec // The bits are what is hashed.
	switch {
	case addr.Is4():
		b[24] = 4
		ip := addr.As4()
		copy(b[25:], ip[:])
	case addr.IsValid():
		b[24] = 6
		ip := addr.As16()
		copy(b[25:], ip[:8])
	}
	copy(b[33:], agent[:])
	sum := sha256.Sum256(b[:])
	return int64(binary.LittleEndian.Uint64(sum[:])) //nolint:gosec // Databases have signed numbers only.
}

// agentDigest stands for a user agent.
type agentDigest [16]byte

func digestAgent(userAgent string) agentDigest {
	sum := sha256.Sum256([]byte(userAgent))
	return agentDigest(sum[:16])
}
