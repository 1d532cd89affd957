import Testing

@testable import HTTP

@Suite("Addresses and queries") struct AddressTests {
  @Test(
    "https is accepted anywhere, http on this machine only, and nothing else",
    arguments: [
      ("https://api.buildium.com/v1", true), ("http://127.0.0.1:8080", true),
      ("http://127.200.3.4/", true), ("http://localhost:1/x", true), ("http://[::1]:80/", true),
      ("HTTP://LOCALHOST/", true), ("http://127.1/", true),
      ("http://api.buildium.com", false), ("http://128.0.0.1/", false),
      ("http://0.0.0.0/", false), ("http://127.0.0.1.example.com/", false),
      ("http://localhost.example.com/", false), ("http://127.0.0.1@example.com/", false),
      ("https://user:secret@api.buildium.com/", false), ("http://[::2]/", false),
      ("ftp://127.0.0.1/", false), ("file:///etc/passwd", false), ("api.buildium.com", false),
      ("https://", false), ("", false), ("https://a b/", false),
      ("http://127.0.0.1\\@example.com/", false), ("http://127.0.0.1#@example.com/", true),
    ])
  func addresses(_ text: String, _ isAccepted: Bool) {
    do throws(TransferError) {
      _ = try WebAddress(text)
      #expect(isAccepted)
    } catch {
      #expect(!isAccepted)
      #expect(error.kind == .badAddress)
    }
  }

  @Test("the reason for refusing an address shows neither its query nor a password")
  func discretion() {
    for text in ["http://example.com/?token=abc", "nothing?token=abc", "https://u:abc@h/?abc"] {
      let error = #expect(throws: TransferError.self) { try WebAddress(text) }
      #expect(error?.message.contains("abc") == false, "\(text)")
    }
  }

  @Test("an address is put together with every segment and value encoded")
  func building() throws {
    let base = try BaseAddress("https://api.airtable.com/")
    var query = QueryBuilder()
    query.add("fields[]", ["Näme & Co", "a/b+c"])
    query.add("pageSize", "100")
    #expect(
      base.url(["v0", "app1", "Rent/Roll ~1"], query)
        == "https://api.airtable.com/v0/app1/Rent%2FRoll%20~1?fields%5B%5D=N%C3%A4me%20%26%20Co"
        + "&fields%5B%5D=a%2Fb%2Bc&pageSize=100")
    #expect(query.length == query.text.utf8.count)
    #expect(base.url([]) == "https://api.airtable.com")
    for text in ["https://h/?a=1", "https://h/#f", "http://h/", "h"] {
      #expect(throws: TransferError.self) { try BaseAddress(text) }
    }
  }

  @Test("a list too long for one query is spread over several, none too long, nothing lost")
  func chunks() {
    let ids = (0..<1000).map { String(100_000 + $0) }
    var rest = ids[...]
    var queries: [QueryBuilder] = []
    while !rest.isEmpty, queries.count < 100 {
      var query = QueryBuilder()
      query.add("limit", "1000")
      rest = query.fill("glaccountids", rest, lengthMax: 4096)
      queries.append(query)
    }
    #expect(queries.allSatisfy { $0.length <= 4096 })
    let sent = queries.flatMap { $0.text.split(separator: "&").dropFirst() }.map {
      $0.dropFirst(13)
    }
    #expect(sent.map(String.init) == ids)
    // 20 characters an id with its name and separator: no query could have taken one more.
    #expect(queries.dropLast().allSatisfy { $0.length + 20 > 4096 })
  }
}
