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

  @Test("everything but letters, digits and -._~ is encoded, byte by byte")
  func encoding() {
    #expect(PercentEncoding.component("Rent/Roll ~1") == "Rent%2FRoll%20~1")
    #expect(PercentEncoding.component("Näme & Co") == "N%C3%A4me%20%26%20Co")
    #expect(PercentEncoding.component("a/b+c[]") == "a%2Fb%2Bc%5B%5D")
  }
}
