// What a benchmark is, what it gives, and how that is printed.
import Domain
import Glibc

/// Something that can be measured.
struct Benchmark: Sendable {
  let name: String
  let title: String
  let run: @Sendable (Options) throws(BenchmarkError) -> [Figure]

  init(
    _ name: String, _ title: String,
    _ run: @escaping @Sendable (Options) throws(BenchmarkError) -> [Figure]
  ) {
    (self.name, self.title, self.run) = (name, title, run)
  }
}

/// Why something could not be measured.
struct BenchmarkError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// One figure of a benchmark.
struct Figure: Sendable {
  let name: String
  /// In JSON's spelling.
  let number: String
  let unit: String

  init(_ name: String, _ count: Int, _ unit: String = "") {
    (self.name, number, self.unit) = (name, String(count), unit)
  }

  /// A number with so many digits after the point.
  init(_ name: String, _ value: Double, _ unit: String = "", digits: Int = 2) {
    (self.name, number, self.unit) = (name, Self.fixed(value, digits), unit)
  }

  var json: JSONValue {
    ["name": .string(name), "value": .number(number), "unit": .string(unit)]
  }

  /// A measured number in decimal digits; one that is none (a ratio to nothing) is 0.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "0" }
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled.magnitude % UInt(scale))
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return (scaled < 0 ? "-" : "") + "\(scaled.magnitude / UInt(scale)).\(zeros)\(fraction)"
  }
}

/// The words of the command line.
struct Options: Sendable {
  var names: Set<String> = []
  var isJSON = false
  var wantsHelp = false
  /// The portfolio of the benchmarks that synchronize one.
  var properties = 60
  var units = 600
  var months = 3
  /// How many times as fast the simulated services live.
  var speed = 4
  /// Rows of the store in which is looked up.
  var rows = 1_000_000
  /// Properties of the ledger whose income is computed.
  var noiProperties = 500

  /// - Throws: what is not understood.
  init(_ words: [String], known: [String]) throws(BenchmarkError) {
    var rest = words[...]
    while let word = rest.popFirst() {
      switch word {
      case "--json": isJSON = true
      case "--help", "-h": wantsHelp = true
      case "--properties": properties = try Self.number(word, rest.popFirst(), 1...20_000)
      case "--units": units = try Self.number(word, rest.popFirst(), 1...500_000)
      case "--months": months = try Self.number(word, rest.popFirst(), 1...240)
      case "--speed": speed = try Self.number(word, rest.popFirst(), 1...200)
      case "--rows": rows = try Self.number(word, rest.popFirst(), 1000...10_000_000)
      case "--noi-properties":
        noiProperties = try Self.number(word, rest.popFirst(), 1...5_000)
      default:
        guard known.contains(word) else {
          throw BenchmarkError("There is no benchmark or option “\(word)”.")
        }
        names.insert(word)
      }
    }
    guard units >= properties else {
      throw BenchmarkError("--units must not be below --properties (\(properties)).")
    }
  }

  private static func number(
    _ name: String, _ word: String?, _ range: ClosedRange<Int>
  ) throws(BenchmarkError) -> Int {
    guard let word, let value = Int(word), range.contains(value) else {
      throw BenchmarkError(
        "\(name) takes a number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  static func usage(_ benchmarks: [Benchmark]) -> String {
    let width = benchmarks.map(\.name.count).max() ?? 0
    let names = benchmarks.map { benchmark in
      let gap = String(repeating: " ", count: width - benchmark.name.count)
      return "  \(benchmark.name)\(gap)  \(benchmark.title)"
    }
    return """
      rentbook-bench [NAME...] [--json] [--properties N] [--units N] [--months N] [--speed N]
                     [--rows N] [--noi-properties N]

      Without a name all are run:

      \(names.joined(separator: "\n"))

      A proof that runs for as long as one likes:

        \(MonkeyCommand.usage)
      """
  }
}

/// Where the words go.
enum Printer {
  /// Whether the compiler optimized this program: figures of one it did not say little.
  static var isOptimized: Bool {
    #if DEBUG
      false
    #else
      true
    #endif
  }

  static func line(_ text: String) { write(text + "\n", STDOUT_FILENO) }
  static func note(_ text: String) { write(text + "\n", STDERR_FILENO) }

  static func table(_ benchmark: Benchmark, _ figures: [Figure]) {
    line("\(benchmark.name): \(benchmark.title)\(isOptimized ? "" : " (not optimized)")")
    let left = figures.map(\.name.count).max() ?? 0
    let right = figures.map(\.number.count).max() ?? 0
    for figure in figures {
      let gap = left - figure.name.count + right - figure.number.count + 2
      let unit = figure.unit.isEmpty ? "" : " \(figure.unit)"
      line("  \(figure.name)\(String(repeating: " ", count: gap))\(figure.number)\(unit)")
    }
    line("")
  }

  private static func write(_ text: String, _ descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
    }
  }
}
