package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
)

// openAPI describes the routes as an OpenAPI 3.1 document, in JSON. It is made of the same
// table that requests are read by, and of the types that answers are encoded from, so that
// both change together; texts of fields are in fieldDocs and rowFields.
func openAPI(routes []route, version string) []byte {
	s := schemas{}
	paths := object{}
	for i := range routes {
		r := &routes[i]
		item, ok := paths[base+r.path].(object)
		if !ok {
			item = object{}
			paths[base+r.path] = item
		}
		item[strings.ToLower(r.method)] = s.operation(r)
	}
	s["Problem"] = object{
		"type": "object", "required": []string{"type", "title", "status", "reason"}, "additionalProperties": false,
		"description": "An error, by RFC 9457, with the reason code.",
		"properties": object{
			"type": object{"type": "string"}, "title": object{"type": "string"}, "status": object{"type": "integer"},
			"detail": object{"type": "string", "description": "What to do about it."},
			"reason": object{"type": "string", "description": "The reason code."},
		},
	}
	if version == "" {
		version = "dev"
	}
	data, err := json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Waypost", "version": version,
			"description": "Reports, conversions, the postback log and deliveries of Waypost. Names are object names, times are RFC 3339 in UTC, money is an exact decimal.",
			"license":     object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"bearer": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas": s,
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer",
				"description": "The token of serve (in admin.token), or of the cluster."}},
		},
	})
	if err != nil {
		panic(fmt.Sprintf("describe the API: %v", err)) // it is made of texts and numbers
	}
	return append(data, '\n')
}

// operation describes one route: parameters, body, answer, and the problems by status.
func (s schemas) operation(r *route) object {
	schema := s.answerOf(r)
	content := object{mediaJSON: object{"schema": schema}}
	for _, media := range r.media {
		content[media] = object{"schema": object{"type": "string"}}
	}
	responses := object{"200": object{"description": "The answer.", "content": content}}
	for status, reasons := range r.problems() {
		responses[strconv.Itoa(status)] = object{
			"description": http.StatusText(status) + ": " + reasons + ".",
			"content":     object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}},
		}
	}
	o := object{"operationId": r.id, "summary": firstSentence(r.doc), "description": r.doc, "responses": responses}
	var parameters []object
	for i := range r.params {
		parameters = append(parameters, r.params[i].describe())
	}
	if parameters != nil {
		o["parameters"] = parameters
	}
	if r.body != nil {
		o["requestBody"] = object{"required": false, "content": object{mediaJSON: object{"schema": s.of(reflect.TypeOf(r.body))}}}
	}
	return o
}

// answerOf is the schema of a route's answer in JSON.
func (s schemas) answerOf(r *route) object {
	if _, ok := r.answer.(reportAnswer); ok {
		return s.report()
	}
	return s.of(reflect.TypeOf(r.answer))
}

// problems are the reason codes of a route by HTTP status.
func (r *route) problems() map[int]string {
	all := map[int]string{
		http.StatusBadRequest: "unknown_parameter, bad_parameter", http.StatusUnauthorized: "unauthenticated",
		http.StatusForbidden: "forbidden", http.StatusInternalServerError: "internal_error",
	}
	if r.body != nil {
		all[http.StatusBadRequest] += ", bad_body"
		all[http.StatusRequestEntityTooLarge] = "bad_body"
	}
	if r.takes("cursor") {
		all[http.StatusBadRequest] += ", bad_cursor"
	}
	for status, reasons := range r.reasons {
		if all[status] != "" {
			reasons = all[status] + ", " + reasons
		}
		all[status] = reasons
	}
	return all
}

// describe is the parameter in the document. A choice of several values is one
// parameter with commas.
func (p *param) describe() object {
	o := object{"name": p.name, "in": "query", "description": p.doc, "schema": p.schema()}
	if p.inPath {
		o["in"], o["required"] = "path", true
	} else {
		o["allowEmptyValue"] = true // as if it were not given
	}
	if p.kind == choice && !p.one {
		o["style"], o["explode"] = "form", false
	}
	return o
}

// schema is the schema of a parameter's value. Bounds and zones are text, with their forms
// in the parameter's description.
func (p *param) schema() object {
	switch p.kind {
	case choice:
		one := object{"type": "string", "enum": p.values}
		if p.one {
			return one
		}
		return object{"type": "array", "items": one, "uniqueItems": true}
	case number:
		return object{"type": "integer", "minimum": 1, "maximum": maxLimit, "default": defaultLimit}
	case flag:
		return object{"type": "string", "enum": []string{"1", "0", "true", "false"}}
	}
	return object{"type": "string", "maxLength": maxText}
}

// firstSentence is the first sentence of a description without its full stop, as OpenAPI's
// summary.
func firstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(first, ".")
}
