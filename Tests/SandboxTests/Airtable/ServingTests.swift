import Background
import Domain
import Glibc
import Sandbox
import Testing

@Suite("Airtable over HTTP")
struct ServingTests {
  struct NoAnswer: Error {}

  /// Sends one request on a connection of its own; all that came back until its end.
  static func exchange(_ port: Int, _ method: String, _ target: String, _ body: String = "") throws
    -> String
  {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw NoAnswer() }
    let token = SandboxAirtable.Options().token
    let request =
      "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      + "Authorization: Bearer \(token)\r\nContent-Type: application/json\r\n"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    let bytes = Array(request.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      throw NoAnswer()
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, 20_000) == 1 else { throw NoAnswer() }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer[..<count]
    }
  }

  static func body(_ answer: String) -> JSONValue {
    let bytes = Array(answer.utf8)
    let end = Array("\r\n\r\n".utf8)
    guard bytes.count >= 4,
      let start = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(end) })
    else { return .null }
    return (try? JSONValue(parsing: bytes[(start + 4)...])) ?? .null
  }

  @Test("a client creates, lists and is refused over the wire")
  func serves() throws {
    let bench = try Bench.furnished()
    let server = try bench.sandbox.start()
    defer { server.stop() }
    let path = "/v0/\(bench.base)/Homes"
    let made = try Self.exchange(
      server.port, "POST", path, #"{"fields": {"Name": "Ünïted", "Rent": 1250.50}}"#)
    #expect(made.hasPrefix("HTTP/1.1 200"))
    #expect(Self.body(made)["fields"]?["Rent"] == .number("1250.5"))
    let listed = try Self.exchange(
      server.port, "GET",
      path + "?fields%5B%5D=Name&filterByFormula=%7BName%7D%3D%27%C3%9Cn%C3%AFted%27")
    #expect(Self.body(listed)["records"]?.array?.first?["fields"] == ["Name": "Ünïted"])
    let long = String(repeating: "1", count: 16_000)
    #expect(
      try Self.exchange(server.port, "GET", path + "?filterByFormula=\(long)").hasPrefix(
        "HTTP/1.1 414"))
    #expect(try Self.exchange(server.port, "GET", "/_sandbox/journal").hasPrefix("HTTP/1.1 200"))
  }

  @Test("a lost answer was carried out, and a cut one ends in its middle")
  func misbehaves() throws {
    let bench = try Bench.furnished()
    let server = try bench.sandbox.start()
    defer { server.stop() }
    let path = "/v0/\(bench.base)/Homes"
    _ = try Self.exchange(server.port, "POST", "/_sandbox/faults", "drop-after=1")
    #expect(try Self.exchange(server.port, "POST", path, #"{"fields": {"Name": "a"}}"#).isEmpty)
    _ = try Self.exchange(server.port, "POST", "/_sandbox/faults", "cut=1")
    let cut = try Self.exchange(server.port, "GET", path)
    #expect(cut.hasPrefix("HTTP/1.1 200"))
    #expect(Self.body(cut) == .null)
    #expect(try bench.sandbox.records(table: "Homes").count == 1)
  }

  @Test("calls from many threads leave every record whole and every link at both ends")
  func threads() throws {
    let bench = try Bench.furnished()
    let home = try bench.homes(#""Name": "shared""#)[0]
    let refused = Lock(0)
    let workers = (0..<4).map { thread in
      Worker(name: "client \(thread)") {
        for number in 0..<50 {
          let body = "{\"fields\": {\"Number\": \"\(thread)-\(number)\", \"Home\": [\"\(home)\"]}}"
          let status = (try? bench.call("POST", "FLATS", body).status) ?? 0
          if status != 200 { refused.withLock { $0 += 1 } }
        }
      }
    }
    for worker in workers { worker.join() }
    #expect(refused.withLock(\.self) == 0)
    #expect(try bench.home(home)["Flats"]?.array?.count == 200)
    #expect(bench.sandbox.gate.journal.summary.byStatus[200] == 204)
  }
}
