import Domain
import FoundationEssentials
import Interface
import Terminal
import Testing

@testable import rentbook

@Suite("The settings' file") struct ConfigCommandTests {
  @Test("is written once, for its owner alone, and nothing is ever written over") func once() throws
  {
    let home = DemoTests.Home()
    let first = try ProgramRun(["config", "init", "--json"], home: home.path)
    let path = try #require(first.json["path"]?.string)
    #expect(first.exit == 0 && path == home.path + "/config/config.json")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try Data("{}".utf8).write(to: URL(fileURLWithPath: path))
    let second = try ProgramRun(["config", "init", "--json"], home: home.path)
    #expect(second.exit == 2 && second.errorCode == "exists")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "{}")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: home.path + "/config") == ["config.json"])
    let tell = try ProgramRun(["config", "path", "--json"], home: home.path)
    #expect(tell.json["path"]?.string == path && tell.json["exists"] == true)
  }

  private func settings(_ text: String) throws -> (Configuration, ScreenChoices) {
    let home = DemoTests.Home()
    try FileManager.default.createDirectory(atPath: home.path, withIntermediateDirectories: true)
    let path = home.path + "/config.json"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    let invocation = Invocation(
      command: "status", options: ["--config": [path]], environment: ["HOME": home.path])
    return (
      try Configuration(invocation),
      ScreenChoices(path: path, themeName: nil, automatic: .mono)
    )
  }

  @Test("as it is written changes nothing") func asWritten() throws {
    let (written, choices) = try settings(SampleConfiguration.text)
    let (empty, _) = try settings("{}")
    #expect(choices.problems.isEmpty && choices.keyMap.isEmpty && choices.theme == .mono)
    #expect(written.portfolio == empty.portfolio && written.schedule == empty.schedule)
    #expect(written.airtable == empty.airtable && written.airtableNames == empty.airtableNames)
  }

  @Test("with every stroke taken away is read without a slip, and each setting holds")
  func uncommented() throws {
    // What is a setting begins with a quote or a bracket; sentences begin with a letter.
    let lines = SampleConfiguration.text.split(separator: "\n").map { line in
      let bare = line.drop { $0 == " " }
      guard bare.hasPrefix("//") else { return line }
      let rest = bare.dropFirst(2).drop { $0 == " " }
      return rest.hasPrefix("\"") || rest.hasPrefix("}") ? rest : line
    }
    let (read, choices) = try settings(lines.joined(separator: "\n"))
    let (empty, _) = try settings("{}")
    #expect(read.portfolio == "Harbor & Main Management" && read.user == "ada")
    #expect(
      read.storePath == "/home/ada/rentbook.sqlite" && read.keyPath == "/home/ada/rentbook.key")
    // What holds anyway stands there as it holds.
    #expect(read.schedule == empty.schedule && read.buildium == empty.buildium)
    #expect(read.airtable == empty.airtable)
    #expect(read.airtableMonthlyCalls == empty.airtableMonthlyCalls)
    #expect(read.airtableNames != empty.airtableNames)
    #expect(choices.problems.isEmpty, "\(choices.problems)")
    #expect(choices.theme.name == "dark" && choices.keyMap.count == 3)
    let model = Model(portfolio: "", now: Instant(milliseconds: 0), keyMap: choices.keyMap)
    #expect(model.keyProblems.isEmpty, "\(model.keyProblems)")
  }
}
