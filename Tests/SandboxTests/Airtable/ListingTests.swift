import Domain
import Sandbox
import Testing

@Suite("Airtable lists records")
struct ListingTests {
  static func bench() throws -> Bench {
    let bench = try Bench.furnished()
    for number in 0..<25 {
      _ = try bench.homes(
        "\"Name\": \"n\(number)\", \"Units\": \(number % 7), \"Status\": \"\(number % 2 == 0 ? "Open" : "Closed")\""
      )
    }
    return bench
  }

  @Test("pages follow one another to the end, each record once")
  func pages() throws {
    let bench = try Self.bench()
    var names: [String?] = []
    var sizes: [Int] = []
    var offset = ""
    repeat {
      let answer = try bench.call(
        "GET", "HOMES?pageSize=10" + (offset.isEmpty ? "" : "&offset=\(offset.encoded)"))
      names += answer.cells("Name")
      sizes.append(answer.ids.count)
      offset = answer.json["offset"]?.string ?? ""
    } while !offset.isEmpty && sizes.count < 10
    #expect(sizes == [10, 10, 5])
    #expect(Set(names).count == 25)
  }

  @Test("which records and their order stay as at the first page, their cells are as of now")
  func snapshot() throws {
    let bench = try Self.bench()
    let sort = "sort%5B0%5D%5Bdirection%5D=desc&sort%5B0%5D%5Bfield%5D=Units&pageSize=20"
    let first = try bench.call("GET", "HOMES?\(sort)&filterByFormula=%7BUnits%7D%3C10")
    let offset = try #require(first.json["offset"]?.string?.encoded)
    let all = try bench.sandbox.records(table: "Homes").compactMap { $0["id"]?.string }
    let rest = Set(all).subtracting(first.ids).sorted()
    try bench.call("PATCH", "HOMES/\(rest[0])", #"{"fields": {"Units": 99}}"#)
    try bench.call("DELETE", "HOMES/\(rest[1])")
    _ = try bench.homes(#""Name": "late", "Units": 0"#)
    let second = try bench.call("GET", "HOMES?\(sort)&offset=\(offset)")
    #expect(Set(second.ids) == Set(rest).subtracting([rest[1]]))
    #expect(second.cells("Units").contains("99"))
    #expect(
      try bench.call("GET", "HOMES?\(sort)&offset=\(offset)").ids == second.ids,
      "a page can be asked for again")
  }

  @Test("a listing left alone for long, or ended by the service, must start again")
  func expiry() throws {
    let bench = try Self.bench()
    func offset() throws -> String {
      try #require(bench.call("GET", "HOMES?pageSize=10").json["offset"]?.string?.encoded)
    }
    let old = try offset()
    bench.advance(seconds: 601)
    #expect(
      try bench.call("GET", "HOMES?offset=\(old)").type == "LIST_RECORDS_ITERATOR_NOT_AVAILABLE")
    let ended = try offset()
    try bench.call("POST", "/_sandbox/airtable/expire-iterators", "{}")
    let answer = try bench.call("GET", "HOMES?offset=\(ended)")
    #expect(answer.status == 422)
    #expect(answer.message == nil)
  }

  @Test("sorting, choosing fields and a maximum work in the query and in the body")
  func parameters() throws {
    let bench = try Self.bench()
    let query =
      "sort%5B0%5D%5Bdirection%5D=desc&sort%5B0%5D%5Bfield%5D=Units&sort%5B1%5D%5Bfield%5D=Name"
      + "&fields%5B%5D=Units&fields%5B%5D=Name&maxRecords=3&pageSize=2"
    let get = try bench.call("GET", "HOMES?\(query)")
    let post = try bench.call(
      "POST", "HOMES/listRecords",
      """
      {"sort": [{"field": "Units", "direction": "desc"}, {"field": "Name"}], "fields": ["Units", "Name"],
       "maxRecords": 3, "pageSize": 2}
      """)
    #expect(get.json["records"] == post.json["records"])
    #expect(get.cells("Name") == ["n13", "n20"])
    #expect(get.json["records"]?.array?.first?["fields"]?.object?.keys == ["Name", "Units"])
    let offset = try #require(get.json["offset"]?.string)
    #expect(
      try bench.call("GET", "HOMES?\(query)&offset=\(offset.encoded)").cells("Name") == ["n6"])
    #expect(
      try bench.call("GET", "HOMES?view=Grid+view&maxRecords=1&recordMetadata%5B%5D=commentCount")
        .json["records"]?.array?.first?["commentCount"] == 0)
  }

  struct FormulaCase: Sendable, CustomTestStringConvertible {
    let formula: String
    let expected: Set<String>
    var testDescription: String { formula }
    init(_ formula: String, _ expected: Set<String>) {
      (self.formula, self.expected) = (formula, expected)
    }
  }

  static let formulas: [FormulaCase] = [
    FormulaCase("{Name}='a'", ["a"]),
    FormulaCase("{Name} = \"it\\'s\"", ["it's"]),
    FormulaCase("Name='a'", ["a"]),
    FormulaCase("{Name}!='a'", ["b", "c", "it's"]),
    FormulaCase("{Units}>=2", ["b", "c"]),
    FormulaCase("AND({Units}>=2, OR({Name}='a', {Name}='c'))", ["c"]),
    FormulaCase("NOT({Active})", ["b", "c", "it's"]),
    FormulaCase("{Active}", ["a"]),
    FormulaCase("{Active}=TRUE()", ["a"]),
    FormulaCase("{Units}=BLANK()", ["it's"]),
    FormulaCase("{Status}=''", ["b", "c", "it's"]),
    FormulaCase("IF({Units}>1, 1, 0)", ["b", "c"]),
    FormulaCase("IF({Units}>1, 1)", ["b", "c"]),
    FormulaCase("LOWER(UPPER({Name}))='b'", ["b"]),
    FormulaCase("LEN({Name})>1", ["it's"]),
    FormulaCase("FIND('t', {Name})", ["it's"]),
    FormulaCase("SEARCH('t', {Name})=2", ["it's"]),
    FormulaCase("{Name}&'-'&{Units}='b-2'", ["b"]),
    FormulaCase("{Units}+1=3", ["b"]),
    FormulaCase("-{Units}*2=-6", ["c"]),
    FormulaCase("({Units}-1)/2=1", ["c"]),
    FormulaCase("IS_AFTER({Due}, '2026-01-15')", ["b"]),
    FormulaCase("IS_BEFORE({Due}, DATETIME_PARSE('2026-01-15'))", ["a"]),
    FormulaCase("IS_SAME({Due}, '2026-01-31', 'month')", ["a", "b"]),
    FormulaCase("IS_SAME({Due}, '2026-01-31')", ["b"]),
    FormulaCase("{Tags}='A, B'", ["a"]),
    FormulaCase("1", ["a", "b", "c", "it's"]),
    FormulaCase("0", []),
    FormulaCase("BLANK()", []),
    FormulaCase("1/0", ["a", "b", "c", "it's"]),
    FormulaCase("{Name}+1", []),
    FormulaCase(
      "IS_AFTER(CREATED_TIME(), DATETIME_PARSE('2000-01-01T00:00:00.000Z'))",
      ["a", "b", "c", "it's"]),
    FormulaCase("IS_AFTER(LAST_MODIFIED_TIME(), '2000-01-01')", ["c"]),
    FormulaCase("IS_AFTER(LAST_MODIFIED_TIME({Units}), '2000-01-01')", []),
    FormulaCase("IS_AFTER(LAST_MODIFIED_TIME({Notes}, {Units}), '2000-01-01')", ["c"]),
    FormulaCase("LAST_MODIFIED_TIME() > '2099-01-01T00:00:00.000Z'", ["c"]),
  ]

  @Test("a formula keeps the records it is true for", arguments: formulas)
  func formula(_ one: FormulaCase) throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(
      #""Name": "a", "Units": 1, "Active": true, "Status": "Open", "Due": "2026-01-01", "Tags": ["A", "B"]"#,
      #""Name": "b", "Units": 2, "Due": "2026-01-31""#, #""Name": "c", "Units": 3"#,
      #""Name": "it's""#)
    try bench.call("PATCH", "HOMES/\(ids[2])", #"{"fields": {"Notes": "edited"}}"#)
    let answer = try bench.call("GET", "HOMES?filterByFormula=" + one.formula.encoded)
    #expect(Set(answer.cells("Name").compactMap(\.self)) == one.expected)
  }

  @Test("records are found by their ids and fields by theirs")
  func ids() throws {
    let bench = try Bench.furnished()
    let ids = try bench.homes(#""Name": "a""#, #""Name": "b""#, #""Name": "c""#)
    let formula =
      "OR(RECORD_ID()='\(ids[0])', RECORD_ID()='\(ids[2])', RECORD_ID()='recAAAAAAAAAAAAAA')"
    #expect(
      try Set(bench.call("GET", "HOMES?filterByFormula=" + formula.encoded).ids) == [
        ids[0], ids[2],
      ])
    let tables = try bench.call("GET", "meta/bases/\(bench.base)/tables").json["tables"]?.array
    let field = try #require(tables?.first?["primaryFieldId"]?.string)
    #expect(
      try bench.call("GET", "HOMES?filterByFormula=" + "{\(field)}='b'".encoded).ids == [ids[1]])
  }
}
