import Domain
import Testing

@Suite("JSON")
struct JSONTests {
  @Test(
    "a document is read and written back the same",
    arguments: [
      "null", "true", "[]", "{}", "[1,2.50,-0.0,1e10]", #"{"b":1,"a":[{"c":"é😀"}]}"#,
      #""line\nbreak \"quoted\" \\ tab\t""#, "9007199254740993.01",
    ])
  func roundTrip(_ text: String) throws {
    #expect(try JSONValue(parsing: text).text == text)
  }

  @Test(
    "anything that is not one document is refused",
    arguments: [
      "", " ", "{", "[1,]", "{\"a\":}", "{\"a\" 1}", "01", "+1", ".5", "1.", "1e", "nul", "tru",
      "\"open", "\"bad \\x escape\"", "\"\u{1}\"", "[1] 2", "<html>", "{a:1}", "'a'", "NaN",
      "\"\\u12\"", "-",
    ])
  func refusals(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test("a body cut anywhere is refused, never half read")
  func truncation() throws {
    let whole = Array(#"[{"Id":1,"Name":"Maple \u00e9","Rent":1250.50,"Units":[1,2]}]"#.utf8)
    for count in 0..<whole.count {
      #expect(throws: JSONError.self) { try JSONValue(parsing: whole[..<count]) }
    }
    #expect(try JSONValue(parsing: whole).array?.count == 1)
  }

  @Test("nesting has a limit, and bytes that are not UTF-8 are refused")
  func limits() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test("a pair of escaped surrogates is one character, a lone one is the replacement character")
  func surrogates() throws {
    #expect(try JSONValue(parsing: #""\ud83d\ude00""#).string == "😀")
    #expect(try JSONValue(parsing: #""\ud83dx""#).string == "\u{FFFD}x")
  }

  @Test("a number keeps its spelling, and is a whole number only when it is one")
  func numbers() throws {
    #expect(try JSONValue(parsing: "1250.50").numberText == "1250.50")
    #expect(try JSONValue(parsing: "12.0").int == 12)
    #expect(try JSONValue(parsing: "12.5").int == nil)
  }

  @Test("two spellings of one object are one in canonical text")
  func canonical() throws {
    let one = try JSONValue(parsing: #"{"a":1,"b":{"d":2,"c":3}}"#)
    let other = try JSONValue(parsing: #"{ "b":{"c":3,"d":2}, "a":1 }"#)
    #expect(one == other && one.canonicalText == other.canonicalText && one.text != other.text)
  }
}

@Suite("Records")
struct RecordTests {
  @Test("every resource has a schema, and a name that can be read back")
  func schemas() {
    for resource in Resource.allCases {
      #expect(RecordSchema.of(resource).resource == resource)
      #expect(Resource(name: resource.rawValue) == resource)
      #expect(Resource(name: resource.collection) == resource)
    }
  }

  @Test("a key is read back from its text, and nothing else is one")
  func keys() {
    for resource in Resource.allCases {
      let key = RemoteKey(.buildium, resource, "1042")
      #expect(RemoteKey(key.description) == key)
    }
    #expect(RemoteKey(.buildium, .properties, "1042").description == "buildium/rentals/1042")
    for text in ["", "buildium/rentals", "buildium/rentals/", "x/rentals/1", "buildium/x/1"] {
      #expect(RemoteKey(text) == nil)
    }
  }

  @Test("empty text and empty lists are no value")
  func canonicalForm() {
    #expect(FieldValue.text(canonical: "") == .null)
    #expect(FieldValue.text(canonical: "a\r\nb") == .text("a\nb"))
    #expect(FieldValue.references(canonical: []) == .null)
  }

  @Test("a value is read back from its JSON by the kind of its field")
  func valueJSON() {
    let key = RemoteKey(.buildium, .units, "7")
    let values: [(FieldKind, FieldValue)] = [
      (.text, .text("a")), (.integer, .integer(-3)), (.money, .money(Money(minorUnits: -5))),
      (.boolean, .boolean(false)), (.reference(.units), .reference(key)),
      (.references(.units), .references([key])), (.text, .null),
      (.instant, .instant(Instant(milliseconds: 1_790_000_000_123))),
    ]
    for (kind, value) in values { #expect(kind.value(json: value.json) == value) }
    #expect(FieldKind.date.value(json: "2026-02-30") == nil)
  }
}
