import Domain
import FoundationEssentials
import Glibc
import Testing

@testable import Documents
@testable import Reports

/// A folder of the test's own, gone with it.
final class Folder {
  let path = "/tmp/rentbook-documents-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// Runs a program; what it wrote, and nil when it is not there or failed.
func output(of command: String) -> String? {
  guard let pipe = popen(command + " 2>/dev/null", "r") else { return nil }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = fread(&buffer, 1, buffer.count, pipe)
    guard count > 0 else { break }
    bytes += buffer[..<count]
  }
  return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
}

func has(_ program: String) -> Bool { output(of: "command -v \(program)") != nil }

extension Report {
  /// A report with a cell of every kind.
  static func sample(_ amounts: [Money], texts: [String] = []) -> Report {
    var report = Report(
      name: "sample", title: "Sample", letterhead: "Hill & Söhne", scope: ["As of 2026-07-31"],
      columns: [
        Column("Name"), Column("Day", .date), Column("Part", .percent), Column("Units", .count),
        Column("Amount", .money),
      ])
    report.addSection("Elm Street 1")
    for (place, amount) in amounts.enumerated() {
      report.add(
        .line, depth: 1, .text(texts.isEmpty ? "line \(place)" : texts[place % texts.count]),
        .date(CalendarDate(daysSince1970: 20_000 + place)), .percent(Percent(units: 6_667_000_000)),
        .count(place), .money(amount))
    }
    report.add(
      .total, .text("Total"), .none, .none, .none, .money(amounts.reduce(.zero) { $0 + $1 }))
    report.notes = ["A sentence."]
    return report
  }
}

/// Numbers from a seed, the same for the same one.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
