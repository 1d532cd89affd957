import Testing

@testable import Storage

@Suite("LIKE") struct LikeTests {
  private func matches(_ pattern: String, _ text: String) -> Bool {
    Array(pattern.utf8).withUnsafeBufferPointer { pattern in
      Array(text.utf8).withUnsafeBufferPointer { text in
        LikeFunction.matches(pattern, text, escape: UInt8(ascii: "\\"))
      }
    }
  }

  @Test(
    "finds letters of any script in either case, and nothing else",
    arguments: [
      ("%élan%", "ÉLAN Court", true), ("%ÉLAN%", "Rue de l’Élan", true), ("%elan%", "Élan", false),
      ("%müller", "Anna MÜLLER", true), ("%москва%", "г. Москва", true), ("%Ёлка%", "ёлка", true),
      ("ὈΔΥΣΣΕΎΣ", "Ὀδυσσεύς", true), ("%日本%", "東日本", true), ("%ŁÓDŹ%", "łódź", true),
      ("a_c", "aéc", true), ("a_c", "a😀C", true), ("a_c", "ac", false), ("%", "", true),
      ("", "", true), ("", "a", false), ("%\\%%", "100 %", true), ("%\\%%", "100", false),
      ("a\\_c", "abc", false), ("a\\_c", "A_C", true), ("%a%b", "xaxab", true),
    ])
  func examples(_ pattern: String, _ text: String, _ expected: Bool) {
    #expect(matches(pattern, text) == expected)
  }

  /// What a pattern means, sign by sign and without any haste.
  private func plainly(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>)
    -> Bool
  {
    guard let sign = pattern.first else { return text.isEmpty }
    if sign == "%" {
      return (0...text.count).contains { plainly(pattern.dropFirst(), text.dropFirst($0)) }
    }
    guard let first = text.first else { return false }
    if sign == "_" { return plainly(pattern.dropFirst(), text.dropFirst()) }
    let isEscaped = sign == "\\" && pattern.count > 1
    let letter = isEscaped ? pattern[pattern.startIndex + 1] : sign
    return letter.properties.lowercaseMapping == first.properties.lowercaseMapping
      && plainly(pattern.dropFirst(isEscaped ? 2 : 1), text.dropFirst())
  }

  @Test("means what it means when it is read sign by sign (seeded)") func property() {
    var random = SeededRandom(state: 20_261_121)
    let letters: [Unicode.Scalar] = ["a", "A", "b", "é", "É", "Я", "я", "日", "😀", "%", "_", "\\"]
    func some(_ most: Int, _ letters: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
      (0..<Int.random(in: 0...most, using: &random)).map { _ in
        letters.randomElement(using: &random) ?? "a"
      }
    }
    func string(_ scalars: [Unicode.Scalar]) -> String {
      String(String.UnicodeScalarView(scalars))
    }
    var hits = 0
    for _ in 0..<20_000 {
      let (pattern, text) = (some(6, letters[...]), some(8, letters[...]))
      let expected = plainly(pattern[...], text[...])
      hits += expected ? 1 : 0
      #expect(
        matches(string(pattern), string(text)) == expected, "\(string(pattern)) \(string(text))")
    }
    #expect(hits > 500)
  }

  @Test("answers so in the store, for NULL with NULL, with an escape sign or without one")
  func inTheStore() throws {
    let store = try TestStore()
    for (expression, expected) in [
      ("'ÉLAN' LIKE '%élan'", 1), ("'a%' LIKE 'A\\%' ESCAPE '\\'", 1), ("'ab' LIKE 'A\\%'", 0),
      ("COALESCE(NULL LIKE 'a', 7)", 7), ("COALESCE('a' LIKE NULL, 7)", 7), ("12 LIKE '1_'", 1),
    ] {
      #expect(try store.rows("SELECT \(expression)") == ["\(expected)"], "\(expression)")
    }
  }
}
