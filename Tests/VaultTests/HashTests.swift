import Testing

@testable import Vault

@Suite("Hashes and codes") struct HashTests {
  @Test(
    "SHA-256 gives the digests of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func sha256(_ text: String, _ digest: String) {
    #expect(ContentHash.sha256Hex(text) == digest)
    #expect(Hex.bytes(digest) == ContentHash.sha256(Array(text.utf8)))
  }

  /// Cases 1, 2 and 6 of RFC 4231.
  @Test(
    "HMAC-SHA-256 gives the codes of RFC 4231 for short and long keys",
    arguments: [
      (
        [UInt8](repeating: 0x0b, count: 20), "Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
      ),
      (
        Array("Jefe".utf8), "what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        [UInt8](repeating: 0xaa, count: 131),
        "Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
      ),
    ])
  func hmac(_ key: [UInt8], _ message: String, _ code: String) {
    #expect(Hex.text(HMAC.sha256(Array(message.utf8), key: key)) == code)
  }

  @Test(
    "Base64 is that of RFC 4648 and nothing near it",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
    ])
  func base64(_ plain: String, _ text: String) {
    #expect(Base64.text(Array(plain.utf8)) == text)
    #expect(Base64.bytes(text) == Array(plain.utf8))
  }

  @Test("text that is no Base64 or no hexadecimal is refused, not repaired")
  func refused() {
    for text in ["Zg", "Zg=", "Zg==x", "Z g==", "Zm9v\n", "Zg-_", "é"] {
      #expect(Base64.bytes(text) == nil, "\(text)")
    }
    for text in ["0", "0g", "00 ", " 00", "é"] { #expect(Hex.bytes(text) == nil, "\(text)") }
    #expect(Hex.bytes("00fFAb") == [0, 255, 171])
  }

  @Test("secrets are equal only when every byte is")
  func equality() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(constantTimeEqual([], []))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
  }

  @Test("a UUID has version 4 and its variant, and two are not alike")
  func uuid() {
    #expect(
      SecureRandom { [UInt8](repeating: 0xff, count: $0) }.uuid()
        == "ffffffff-ffff-4fff-bfff-ffffffffffff")
    #expect(
      SecureRandom { [UInt8](repeating: 0, count: $0) }.uuid()
        == "00000000-0000-4000-8000-000000000000")
    let random = SecureRandom()
    #expect(Set((0..<1000).map { _ in random.uuid() }).count == 1000)
  }
}

@Suite("Webhook signatures") struct WebhookSignatureTests {
  private let body = Array(
    """
    {"EventName":"Rental.Created","EventDateTime":"2022-12-22T16:18:20.876772Z",\
    "AccountId":123456,"PropertyId":78910}
    """.utf8)
  private let signature = "BIqb3JTqGarXaKQujgPZor3DBVy83lb6MWRCq2qjNWk="
  private let timestamp = "1671725900"
  private let now: Int64 = 1_671_725_900

  private func isValid(
    _ signature: String, timestamp: String? = nil, body: [UInt8]? = nil,
    secret: String = "test-secret", after seconds: Int64 = 0
  ) -> Bool {
    BuildiumSignature.isValid(
      signature, timestamp: timestamp ?? self.timestamp, body: body ?? self.body, secret: secret,
      nowSeconds: now + seconds)
  }

  @Test("Buildium's signature holds for its own body, secret and time, and for nothing else")
  func buildium() {
    #expect(isValid(signature))
    #expect(isValid(signature, after: 300) && isValid(signature, after: -300))
    #expect(!isValid(signature, after: 301) && !isValid(signature, after: -301))
    #expect(!isValid(signature, body: body + [10]))
    #expect(!isValid(signature, secret: "test-secreT"))
    #expect(!isValid(signature, timestamp: "1671725901"))
    #expect(!isValid(signature.lowercased()))
    #expect(!isValid(""))
  }

  @Test(
    "a timestamp that is no number, or a secret that is empty, is refused although it is signed")
  func unusable() {
    for timestamp in ["", "soon", "99999999999999999999", "-9223372036854775808"] {
      let signed = BuildiumSignature.text(timestamp: timestamp, body: body, secret: "test-secret")
      #expect(!isValid(signed, timestamp: timestamp), "\(timestamp)")
    }
    let signed = BuildiumSignature.text(timestamp: timestamp, body: body, secret: "")
    #expect(!isValid(signed, secret: ""))
  }

  @Test("Airtable's signature is over the raw body with the decoded secret")
  func airtable() throws {
    let secret = Base64.text(Array("Jefe".utf8))
    let body = Array("what do ya want for nothing?".utf8)
    let valid = "hmac-sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    #expect(AirtableSignature.isValid(valid, body: body, macSecretBase64: secret))
    #expect(!AirtableSignature.isValid(valid, body: body + [10], macSecretBase64: secret))
    #expect(!AirtableSignature.isValid(valid, body: body, macSecretBase64: "Jefe!"))
    #expect(!AirtableSignature.isValid("", body: body, macSecretBase64: ""))
    #expect(AirtableSignature.text(body: body, macSecretBase64: secret) == valid)
  }
}
