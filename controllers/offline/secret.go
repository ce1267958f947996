package offline

import (
	"encoding/base64"
	"fmt"
)

// secretData returns what the API server would keep of a Secret manifest: data
// decoded, stringData over it.
func secretData(m *manifest) (map[string][]byte, []Finding) {
	kept := map[string][]byte{}
	var findings []Finding
	if m.name() == "" {
		findings = append(findings, m.finding(ReasonRefused, "metadata.name", "an object has a name"))
	}
	data, _ := m.content["data"].(map[string]any) // absent is empty
	for key, value := range data {
		encoded, ok := value.(string)
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || err != nil {
			findings = append(findings, m.finding(ReasonRefused, "data."+key, "must be base64; stringData takes it in clear"))
			continue
		}
		kept[key] = decoded
	}
	clear, _ := m.content["stringData"].(map[string]any) // absent is empty
	for key, value := range clear {
		plain, ok := value.(string)
		if !ok {
			findings = append(findings, m.finding(ReasonRefused, "stringData."+key, fmt.Sprintf("must be a string, put it in quotes: %T is none", value)))
			continue
		}
		kept[key] = []byte(plain)
	}
	return kept, findings
}
