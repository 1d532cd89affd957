// The figures of a ledger as hledger computes them, from the journal that `rentbook export hledger`
// writes: how long another program takes for the same, and whether it finds the same.
import Domain
import Glibc
import Reports

/// Net operating income by property and month from hledger's own balance command.
///
/// hledger keeps nothing between two runs: each reads the journal, checks that every entry balances,
/// and only then answers. What reading alone takes is measured too, so that the rest can be told.
enum HledgerComparison {
  /// Seconds that one run may take.
  private static let limit = 300
  private static let environment = ["LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]

  /// A property's month: by the property's number in the journal, and as in 2026-01.
  private struct Cell: Hashable {
    let property: String
    let month: String
  }

  private struct Run {
    let text: String
    let seconds: Double
    /// Its processor time: what another program of a busy machine takes is not in it.
    let cpuSeconds: Double
    let peakMegabytes: Double
  }

  /// The figures of whole months on a cash basis; without hledger, or when it takes too long, fewer
  /// or none, and a line that says so.
  ///
  /// - Throws: when the journal cannot be written, or hledger refuses it.
  static func figures(
    _ ledger: LedgerSnapshot, _ rows: [NOIRow], in folder: String
  ) throws(BenchmarkError) -> [Figure] {
    guard let program = Child.find("hledger") else {
      note("hledger is not installed, so its figures are left out.")
      return []
    }
    guard let first = rows.map(\.month).min(), let last = rows.map(\.month).max() else { return [] }
    let path = folder + "/noi.journal"
    let began = Now.monotonic
    try write(LedgerJournal.text(ledger), to: path)
    let writing = Double(Now.monotonic - began) / 1e9
    let least = Resident.peakMegabytes

    guard let reading = try run(program, ["-f", path, "files"]),
      let balance = try run(
        program,
        [
          "-f", path, "balance", "^(income|expenses):operating", "tag:basis=^(cash|both)$",
          "--invert", "--pivot", "property", "--monthly", "--no-total", "-O", "csv",
          "-b", first.first.description, "-e", last.adding(months: 1).first.description,
        ])
    else { return [] }

    var own: [Cell: Money] = [:]
    for row in rows {
      let cell = Cell(
        property: ledger.properties[row.property].id, month: row.month.description)
      own[cell, default: .zero] += row.figures.noi
    }
    let other = try cells(balance.text)
    let differing = Set(own.keys).union(other.keys).filter {
      (own[$0] ?? .zero) != (other[$0] ?? .zero)
    }
    return [
      Figure("figures compared with hledger", own.count),
      Figure("figures that differ from hledger", differing.count),
      Figure("journal", Double(TemporaryFolder.size(path)) / 1e6, "MB", digits: 1),
      Figure("time to write the journal", writing, "s"),
      Figure("hledger, reading and the figures of every month", balance.seconds, "s"),
      Figure("hledger, reading and the figures, CPU", balance.cpuSeconds, "s"),
      Figure("hledger, reading alone", reading.seconds, "s"),
      Figure("hledger, reading alone, CPU", reading.cpuSeconds, "s"),
      Figure("hledger, peak resident", balance.peakMegabytes, "MB", digits: 1),
      Figure("least that can be told", least, "MB", digits: 1),
    ]
  }

  /// nil when it takes too long.
  private static func run(
    _ program: String, _ arguments: [String]
  ) throws(BenchmarkError) -> Run? {
    let began = Now.monotonic
    let child = try Child(arguments, environment, program: program, showsMessages: true)
    guard let text = child.text(seconds: limit) else {
      note("hledger did not end within \(limit) s, so its figures are left out.")
      return nil
    }
    let outcome = child.wait()
    let seconds = Double(Now.monotonic - began) / 1e9
    guard outcome.code == 0 else {
      throw BenchmarkError(
        "`hledger \(arguments.joined(separator: " "))` ended with \(outcome.code).")
    }
    return Run(
      text: text, seconds: seconds, cpuSeconds: Double(outcome.cpuMicroseconds) / 1e6,
      peakMegabytes: Double(outcome.peakKilobytes) / 1024)
  }

  /// The cells of a table whose first row names the months and whose first column the properties.
  private static func cells(_ csv: String) throws(BenchmarkError) -> [Cell: Money] {
    let table = csv.split(separator: "\n").map { line in
      line.split(separator: "\"").map(String.init).filter { $0 != "," }
    }
    var cells: [Cell: Money] = [:]
    guard let months = table.first?.dropFirst() else { return [:] }
    for row in table.dropFirst() {
      guard row.count == months.count + 1 else {
        throw BenchmarkError("hledger wrote a row that is not understood: \(row)")
      }
      for (month, text) in zip(months, row.dropFirst()) {
        guard let amount = Money(text.filter { $0 != "$" && $0 != "," }) else {
          throw BenchmarkError("hledger wrote an amount that is not understood: \(text)")
        }
        cells[Cell(property: row[0], month: month)] = amount
      }
    }
    return cells
  }

  private static func write(_ text: String, to path: String) throws(BenchmarkError) {
    var text = text
    let isWritten = text.withUTF8 { bytes in
      guard let file = fopen(path, "w") else { return false }
      let count = fwrite(bytes.baseAddress, 1, bytes.count, file)
      return fclose(file) == 0 && count == bytes.count
    }
    guard isWritten else { throw BenchmarkError("The journal cannot be written to \(path).") }
  }

  private static func note(_ text: String) { Printer.note("rentbook-bench: noi: \(text)") }
}
