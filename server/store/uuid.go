package store

import (
	"encoding/base64"

	"bitacora/engine"
)

// parseUUID reads what engine.TopicID.String writes (Uuid.fromString).
func parseUUID(text string) (id engine.TopicID, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != len(id) {
		return id, false
	}
	copy(id[:], raw)
	return id, true
}
