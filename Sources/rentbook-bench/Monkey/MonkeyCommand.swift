// `rentbook-bench monkey`: the real program in a pseudo-terminal under random keys, sizes, pastes
// and stops, life after life, for as long as one likes.
import Domain
import Glibc

/// A monkey at the keyboard of the real program.
enum MonkeyCommand {
  /// What was asked for.
  private struct Request {
    var seconds = 60
    var seed: UInt64 = .random(in: 1...1_000_000_000)
    var binary: String?
    /// The number of the first life, to have one again.
    var first = 0
    var patienceSeconds = 2
  }

  static let usage =
    "rentbook-bench monkey [--seconds N] [--seed S] [--from LIFE] [--binary PATH] [--patience SECONDS]"

  private static let secondsMax = 86_400
  /// How long one life of the program lasts at most.
  private static let lifeSeconds = 40

  /// 0 when nothing broke, 1 when something did, 2 when the words make no sense.
  static func run(_ words: [String]) -> Int32 {
    guard let request = request(words) else {
      Printer.note(usage)
      return 2
    }
    Printer.line("seed \(request.seed), \(request.seconds) seconds")
    do throws(BenchmarkError) {
      let program = try program(request.binary)
      return try TemporaryFolder.with { folder throws(BenchmarkError) in
        // What is exported lands where the program runs.
        guard chdir(folder) == 0 else { throw BenchmarkError("\(folder) cannot be entered.") }
        defer { _ = chdir("/") }
        return try live(request, program, folder)
      }
    } catch {
      Printer.note("rentbook-bench: monkey: \(error.message)")
      return 1
    }
  }

  /// The program that was named, or the one beside this.
  private static func program(_ named: String?) throws(BenchmarkError) -> String {
    guard let named else { return try Child.program() }
    guard let real = realpath(named, nil) else { throw BenchmarkError("\(named) is not there.") }
    defer { free(real) }
    return String(cString: real)
  }

  private static func live(
    _ request: Request, _ program: String, _ folder: String
  ) throws(BenchmarkError) -> Int32 {
    let end = Now.monotonic + UInt64(request.seconds) * 1_000_000_000
    var tally = MonkeyTally()
    var number = request.first
    repeat {
      let left = Int((end - min(end, Now.monotonic)) / 1_000_000_000) + 1
      var life = try MonkeyLife(
        number: number, seed: request.seed &+ UInt64(number), program: program, folder: folder,
        patienceSeconds: request.patienceSeconds)
      let problem = life.run(seconds: min(left, lifeSeconds))
      tally.add(life.tally)
      if let problem {
        Printer.line("life \(number), \(life.title): \(problem); it is \(life.condition)")
        Printer.line("The last steps:")
        for step in life.lastSteps { Printer.line("  \(step)") }
        Printer.line("The end of what was written:\n\(life.lastWords)")
        report(tally, request)
        return 1
      }
      number += 1
    } while Now.monotonic < end
    report(tally, request)
    return 0
  }

  private static func report(_ tally: MonkeyTally, _ request: Request) {
    Printer.table(
      Benchmark("monkey", "A monkey at the terminal, seed \(request.seed)") { _ in [] },
      tally.figures)
  }

  private static func request(_ words: [String]) -> Request? {
    var request = Request()
    var rest = words[...]
    while let word = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "--seconds":
        guard let seconds = Int(value), (1...secondsMax).contains(seconds) else { return nil }
        request.seconds = seconds
      case "--seed":
        guard let seed = UInt64(value) else { return nil }
        request.seed = seed
      case "--binary": request.binary = value
      case "--from":
        guard let first = Int(value), (0...secondsMax).contains(first) else { return nil }
        request.first = first
      case "--patience":
        guard let seconds = Int(value), (1...600).contains(seconds) else { return nil }
        request.patienceSeconds = seconds
      default: return nil
      }
    }
    return request
  }
}

/// What was done and how it was answered.
struct MonkeyTally {
  var lives = 0
  var steps = 0
  var resizes = 0
  var pastes = 0
  var stops = 0
  /// How often it left through a menu, which a person may as well.
  var departures = 0
  /// From a key to the first byte of its answer, in microseconds.
  var answers: [Int] = []
  /// Keys that changed nothing on the screen.
  var silences = 0
  /// From a new size, which every state of the program answers, to the first byte.
  var probes: [Int] = []
  var peakKilobytes = 0

  mutating func add(_ other: MonkeyTally) {
    lives += 1
    steps += other.steps
    resizes += other.resizes
    pastes += other.pastes
    stops += other.stops
    departures += other.departures
    answers += other.answers
    silences += other.silences
    probes += other.probes
    peakKilobytes = max(peakKilobytes, other.peakKilobytes)
  }

  var figures: [Figure] {
    func share(_ values: [Int], _ percent: Int) -> Double {
      let sorted = values.sorted()
      guard !sorted.isEmpty else { return 0 }
      return Double(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) / 1000
    }
    return [
      Figure("lives", lives), Figure("steps", steps), Figure("sizes", resizes),
      Figure("pastes", pastes), Figure("stopped and brought back", stops),
      Figure("left by a menu", departures),
      Figure("keys answered", answers.count), Figure("keys that changed nothing", silences),
      Figure("key to answer P50", share(answers, 50), "ms"),
      Figure("key to answer P99", share(answers, 99), "ms"),
      Figure("key to answer longest", share(answers, 100), "ms"),
      Figure("probes", probes.count), Figure("probe P99", share(probes, 99), "ms"),
      Figure("probe longest", share(probes, 100), "ms"),
      Figure("largest resident memory", Double(peakKilobytes) / 1024, "MB", digits: 1),
    ]
  }
}
