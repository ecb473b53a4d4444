// Package display turns values into what Jupyter shows. It sends nothing itself.
package display

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Path is how cells import the package; Source is its source, Prelude what makes it known to them.
const (
	Path    = "labinit/display"
	Prelude = `import "labinit/display"

// Display shows a value now, at any point of a cell.
func Display(value any) error { return display.Show(value) }
`
)

// Source is the package as cells see it.
//
//go:embed _source/display.go
var Source string

// Data is the type of the same name in Source.
type Data = struct {
	Data      map[string]any
	Metadata  map[string]any
	Transient map[string]any
}

const (
	text      = "text/plain"
	longText  = 1 << 20
	shortened = "\n… %d bytes more"
)

// Bundle is a value as Jupyter wants it: bytes as base64, everything else as JSON.
func Bundle(value any) (data, metadata map[string]any) {
	d := render(value)
	data = map[string]any{}
	for mimeType, content := range d.Data {
		data[mimeType] = encode(mimeType, content)
	}
	if d.Metadata == nil {
		d.Metadata = map[string]any{}
	}
	return data, d.Metadata
}

func encode(mimeType string, content any) any {
	raw, ok := content.([]byte)
	switch {
	case !ok:
		if _, err := json.Marshal(content); err != nil {
			return fmt.Sprint(content)
		}
		return content
	case mimeType == "image/svg+xml" || strings.HasPrefix(mimeType, "text/"):
		return string(raw)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// Values are several values as one text, side by side.
func Values(values []any) (data, metadata map[string]any) {
	if len(values) == 1 {
		return Bundle(values[0])
	}
	words := make([]string, len(values))
	for i, value := range values {
		words[i] = Text(value)
	}
	return map[string]any{text: strings.Join(words, " ")}, map[string]any{}
}

// Text is a value as text: by its own method if it has one, with the fields' names otherwise.
func Text(value any) (shown string) {
	defer func() {
		if cause := recover(); cause != nil {
			shown = fmt.Sprintf("%T (its String or Error method panics: %v)", value, cause)
		}
	}()
	switch v := value.(type) {
	case nil:
		return "<nil>"
	case string:
		shown = v
	case error:
		shown = "error: " + v.Error()
	case fmt.Stringer:
		shown = v.String()
	default:
		if reflect.TypeOf(value).Kind() == reflect.Func {
			return fmt.Sprintf("%T", value)
		}
		shown = fmt.Sprintf("%+v", value)
	}
	if len(shown) > longText {
		shown = strings.ToValidUTF8(shown[:longText], "") +
			fmt.Sprintf(shortened, len(shown)-longText)
	}
	return shown
}

// render asks a value for each format that it has.
func render(value any) Data {
	d, ok := value.(Data)
	if r, isRenderer := value.(interface{ Render() Data }); isRenderer {
		d, ok = r.Render(), true
	}
	data := map[string]any{}
	for mimeType, content := range d.Data {
		data[mimeType] = content
	}
	if r, isSimple := value.(interface{ SimpleRender() map[string]any }); isSimple {
		for mimeType, content := range r.SimpleRender() {
			data[mimeType] = content
		}
	}
	for mimeType, content := range formats(value) {
		data[mimeType] = content
	}
	if img, isImage := value.(image.Image); isImage && !isNil(value) {
		if encoded, err := encodePNG(img); err == nil {
			data["image/png"] = encoded
			data[text] = fmt.Sprintf("%T %v", img, img.Bounds())
		}
	}
	if _, hasText := data[text]; !hasText && !(ok && len(data) > 0) {
		data[text] = Text(value)
	}
	return Data{Data: data, Metadata: d.Metadata}
}

func isNil(value any) bool {
	v := reflect.ValueOf(value)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func formats(value any) map[string]any {
	data := map[string]any{}
	if v, ok := value.(interface{ HTML() string }); ok {
		data["text/html"] = v.HTML()
	}
	if v, ok := value.(interface{ JavaScript() string }); ok {
		data["application/javascript"] = v.JavaScript()
	}
	if v, ok := value.(interface{ JPEG() []byte }); ok {
		data["image/jpeg"] = v.JPEG()
	}
	if v, ok := value.(interface{ JSON() map[string]any }); ok {
		data["application/json"] = v.JSON()
	}
	if v, ok := value.(interface{ Latex() string }); ok {
		data["text/latex"] = v.Latex()
	}
	if v, ok := value.(interface{ Markdown() string }); ok {
		data["text/markdown"] = v.Markdown()
	}
	if v, ok := value.(interface{ PNG() []byte }); ok {
		data["image/png"] = v.PNG()
	}
	if v, ok := value.(interface{ PDF() []byte }); ok {
		data["application/pdf"] = v.PDF()
	}
	if v, ok := value.(interface{ SVG() string }); ok {
		data["image/svg+xml"] = v.SVG()
	}
	return data
}

func encodePNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// Render makes Data of a value; bytes and what readers give are of the MIME type, or of the one
// that they look like. Panics where a reader fails: the cell is told so.
func Render(value any, mimeType string) Data {
	var raw []byte
	switch v := value.(type) {
	case []byte:
		raw = v
	case string:
		if mimeType == "" {
			mimeType = text
		}
		return Data{Data: map[string]any{text: v, mimeType: v}}
	case io.WriterTo:
		var b bytes.Buffer
		if _, err := v.WriteTo(&b); err != nil {
			panic(err)
		}
		raw = b.Bytes()
	case io.Reader:
		content, err := io.ReadAll(v)
		if err != nil {
			panic(err)
		}
		raw = content
	default:
		return render(value)
	}
	if mimeType == "" {
		mimeType, _, _ = strings.Cut(http.DetectContentType(raw), ";")
		if bytes.Contains(raw[:min(len(raw), 512)], []byte("<svg")) {
			mimeType = "image/svg+xml"
		}
	}
	if mimeType == text && utf8.Valid(raw) {
		return Data{Data: map[string]any{text: string(raw)}}
	}
	size := fmt.Sprintf("%s, %d bytes", mimeType, len(raw))
	return Data{Data: map[string]any{text: size, mimeType: raw}}
}
