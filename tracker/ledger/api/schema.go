package api

import (
	"reflect"
	"strings"
	"time"

	"github.com/waypost/waypost/api/money"
	"github.com/waypost/waypost/tracker/ledger/delivery"
	"github.com/waypost/waypost/tracker/ledger/query"
)

// object is a JSON object of the document.
type object = map[string]any

// schemas collects the document's components by name. of, which fills it, follows the rules
// of encoding/json, so that types of answers need no description beside their tags.
type schemas object

var (
	timeType   = reflect.TypeFor[time.Time]()
	amountType = reflect.TypeFor[money.Amount]()
	subsType   = reflect.TypeFor[query.Subs]()
	paramsType = reflect.TypeFor[query.Params]()
)

// choices are the types of text that have a few values. The empty text of a
// history's beginning, and of what is not known, is one of them where it occurs.
var choices = map[reflect.Type][]string{
	reflect.TypeFor[query.Status]():       append(names(query.Statuses[:]), ""),
	reflect.TypeFor[query.Via]():          append(names(query.Vias[:]), ""),
	reflect.TypeFor[query.DeliveryKind](): {string(query.PostbackDelivery), string(query.ImpressionDelivery)},
	reflect.TypeFor[delivery.State]():     names(query.DeliveryStates[:]),
}

const (
	amountPattern = `^-?[0-9]+\.[0-9]{2,6}$`
	amountDoc     = "An exact decimal with 2 to 6 decimals."
)

// of is the schema of a type, by the rules of encoding/json.
func (s schemas) of(t reflect.Type) object {
	switch t {
	case timeType:
		return object{"type": "string", "format": "date-time"}
	case amountType:
		return object{"type": "string", "pattern": amountPattern}
	case paramsType:
		return object{"type": "object", "additionalProperties": object{"type": "string"}}
	}
	if values, ok := choices[t]; ok {
		return object{"type": "string", "enum": values}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.Struct:
		return s.ref(t)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{"type": "object"}
		}
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64"}
	case reflect.Bool:
		return object{"type": "boolean"}
	}
	return object{"type": "string"}
}

// nullable lets a schema be null as well.
func nullable(o object) object {
	o["type"] = []string{o["type"].(string), "null"}
	return o
}

// ref describes a struct once, and refers to it.
func (s schemas) ref(t reflect.Type) object {
	name := schemaName(t)
	if _, ok := s[name]; !ok {
		s[name] = nil // it may contain itself
		s[name] = s.structure(t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// schemaName is the type's name; lists are named by what they hold.
func schemaName(t reflect.Type) string {
	name := t.Name()
	if inner, ok := strings.CutPrefix(name, "List["); ok {
		inner = strings.TrimSuffix(inner[strings.LastIndexAny(inner, "./")+1:], "]")
		name = inner + "List"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// structure is the schema of a struct. Fields without omitempty are always in the answer,
// hence required; meanings come from fieldDocs, by name. Sub ids are fields of their own
// beside the others, because query.Subs is embedded.
func (s schemas) structure(t reflect.Type) object {
	properties := object{}
	required := []string{}
	for _, f := range reflect.VisibleFields(t) {
		tag := f.Tag.Get("json")
		if f.Type == subsType || tag == "" {
			continue // its own fields follow
		}
		name, options, _ := strings.Cut(tag, ",")
		property := s.of(f.Type)
		if doc := fieldDocs[name]; doc != "" {
			property["description"] = doc
		}
		properties[name] = property
		if options != "omitempty" {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// report is the schema of reports, whose rows are no Go type.
func (s schemas) report() object {
	numbers, required := object{}, []string{fieldCurrency}
	for i := range rowFields {
		f := &rowFields[i]
		property := object{"type": "integer", "format": "int64"}
		if f.typ != isCount {
			property = object{"type": "string", "pattern": amountPattern}
		}
		if f.typ == isRatio || f.unknown != nil {
			property = nullable(property)
		}
		property["description"] = f.doc
		numbers[f.name] = property
		if !f.network {
			required = append(required, f.name)
		}
	}
	numbers[fieldCurrency] = object{"type": "string", "description": "Money of different currencies is never added up."}
	row := object{fieldTitle: object{"type": "string", "description": "The goal's title, in rows by goal or goalName; of several goals all titles."},
		fieldNetwork: object{"type": "string", "description": "The network (namespace)."}}
	for name, property := range numbers {
		row[name] = property
	}
	for _, g := range query.Groups {
		row[string(g)] = object{"type": "string", "description": "Where it is grouped by " + string(g) + "."}
	}
	s["ReportRow"] = object{"type": "object", "properties": row, "additionalProperties": false, "required": append([]string{fieldNetwork}, required...)}
	s["ReportTotal"] = object{"type": "object", "properties": numbers, "additionalProperties": false, "required": required}
	list := func(name string) object {
		return object{"type": "array", "items": object{"$ref": "#/components/schemas/" + name}}
	}
	since := object{"type": "string", "format": "date-time", "description": "In reports by sub ids that reach back beyond --retain: sub ids of " +
		"clicks and impressions are known from here on; earlier ones are counted in the rows without one."}
	s["Report"] = object{"type": "object", "additionalProperties": false, "required": []string{"rows", "totals"},
		"properties": object{"rows": list("ReportRow"), "totals": list("ReportTotal"), fieldSubsSince: since}}
	return object{"$ref": "#/components/schemas/Report"}
}
