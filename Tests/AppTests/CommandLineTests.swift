import Domain
import Testing

@testable import rentbook

@Suite("Command line")
struct CommandLineTests {
  static let parser = ArgumentParser(
    commands: [
      CommandSpec("jobs retry", "[ID...]", options: [OptionSpec("--all", "All.")], "Retry.") {
        _ throws(Failure) in .done
      },
      CommandSpec("jobs", options: [OptionSpec("--limit", "N", "At most.")], "List.") {
        _ throws(Failure) in .done
      },
      CommandSpec("backup", "FILE", "Copy.") { _ throws(Failure) in .done },
    ], families: [CommandTable.Family("Care", "backup", "A copy.")])

  func parse(_ line: String) throws(Failure) -> Invocation? {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(_, let invocation) = try Self.parser.parse(words, environment: [:]) else {
      return nil
    }
    return invocation
  }

  @Test("the longest command that fits is meant, the rest are its arguments")
  func longest() throws {
    let retry = try #require(try parse("jobs retry 7 8 --json"))
    #expect(retry.command == "jobs retry" && retry.positionals == ["7", "8"] && retry.isJSON)
    #expect(try parse("jobs --limit=5")?.text("--limit") == "5")
    #expect(try parse("--store x jobs")?.text("--store") == "x")
    #expect(try parse("backup -- --odd")?.positionals == ["--odd"])
  }

  @Test(
    "what is wrong is named, and exits with 2",
    arguments: [
      ("jbos", "jbos"), ("jobs --lim 5", "--lim"), ("jobs --limit", "--limit"),
      ("jobs extra", "extra"),
      ("backup", "FILE"), ("backup a b", "b"), ("jobs --all", "--all"), ("jobs --json=1", "--json"),
    ])
  func mistakes(_ line: String, _ named: String) {
    let failure = #expect(throws: Failure.self) { try parse(line) }
    #expect(failure?.exit == .usage)
    #expect(failure?.message.contains(named) == true)
  }

  @Test("every command that is offered belongs to a family that is listed, and no family is empty")
  func families() {
    let offered = Set(CommandTable.all.filter { !$0.isHidden }.map { $0.words[0] })
    #expect(offered == Set(CommandTable.families.map(\.name)))
  }

  @Test("help on a command lists what belongs to it; a slip of the finger is told what is near")
  func help() {
    #expect(Self.parser.help(["jobs"]).contains("jobs retry [ID...]"))
    #expect(Self.parser.help([]).contains("backup        A copy."))
    let failure = #expect(throws: Failure.self) { try parse("bakcup x") }
    #expect(failure?.hint.contains("Did you mean backup?") == true)
    #expect(throws: Failure.self) { try parse("nothing --help") }
  }

  @Test("a number out of bounds is refused in words")
  func bounds() throws {
    let jobs = try #require(try parse("jobs --limit 0"))
    #expect(throws: Failure.self) { try jobs.integer("--limit", in: 1...9) }
  }
}

@Suite("Configuration")
struct ConfigurationTests {
  func configuration(_ environment: [String: String], config: String? = nil) throws(Failure)
    -> Configuration
  {
    try Configuration(
      Invocation(
        command: "status", options: config.map { ["--config": [$0]] } ?? [:],
        environment: environment))
  }

  @Test("all files stand under RENTBOOK_HOME when it is set, else in the XDG folders")
  func folders() throws {
    #expect(try configuration(["RENTBOOK_HOME": "/r"]).storePath == "/r/data/rentbook.sqlite")
    #expect(try configuration(["RENTBOOK_HOME": "/r"]).keyPath == "/r/config/key")
    let xdg = try configuration(["HOME": "/h", "XDG_DATA_HOME": "/d"])
    #expect(xdg.storePath == "/d/rentbook/rentbook.sqlite")
    #expect(xdg.keyPath == "/h/.config/rentbook/key")
  }

  @Test("a rate above the service's limit is for this machine's sandbox only")
  func rates() throws {
    let fast = ["HOME": "/h", "RENTBOOK_AIRTABLE_RATE": "100"]
    #expect(throws: Failure.self) { try configuration(fast) }
    var local = fast
    local["RENTBOOK_AIRTABLE_URL"] = "http://127.0.0.1:9000"
    #expect(try configuration(local).airtable.requestsPerSecond == 100)
  }

  @Test(
    "an address is of this machine only when its host is",
    arguments: [
      ("http://127.0.0.1:80/x", true), ("http://localhost", true), ("http://[::1]:9/", true),
      ("http://127.0.0.1.evil.example/", false), ("https://api.airtable.com", false),
      ("http://10.0.0.1", false), ("http://localhost.evil.example", false), ("", false),
    ])
  func loopback(_ url: String, _ expected: Bool) {
    #expect(Configuration.isLoopback(url) == expected)
  }

  @Test("comments in the file are not part of it, and places stay where they were")
  func comments() throws {
    let text = "{ // a \"note\"\n \"url\": \"http://x\", /* two\nlines */ \"n\": 1 }"
    let bare = JSONComments.removed(from: text)
    #expect(bare.utf8.count == text.utf8.count)
    #expect(try JSONValue(parsing: bare)["url"]?.string == "http://x")
    #expect(try JSONValue(parsing: bare)["n"]?.int == 1)
  }

  @Test(
    "a comma after the last member is none, and one in a text stays",
    arguments: [
      ("{ \"a\": [1, 2,], // last\n }", "{\"a\":[1,2]}"),
      ("{ \"a\": \",}\", /* x */ }", "{\"a\":\",}\"}"),
      ("{ \"a\": \"x\\\",]\" }", "{\"a\":\"x\\\",]\"}"),
    ])
  func lastComma(_ text: String, _ meant: String) throws {
    let bare = JSONComments.removed(from: text)
    #expect(bare.utf8.count == text.utf8.count)
    #expect(try JSONValue(parsing: bare).text == meant)
  }

  @Test("what is broken off stays broken", arguments: ["\"a\\", "{,", "[,]", "{\"a\":1,,}"])
  func broken(_ text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: JSONComments.removed(from: text)) }
  }
}
