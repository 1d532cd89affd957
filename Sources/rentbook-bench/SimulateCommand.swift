import Domain
import Sync

/// `rentbook-bench simulate`: the synchronization under very many seeds, for a night.
enum SimulateCommand {
  /// What was asked for.
  private struct Request {
    var first: UInt64 = 1
    var count: UInt64 = 20_000
    var mistake: PlantedMistake?
  }

  static let usage =
    "rentbook-bench simulate [--seeds N] [--from SEED] [--seed SEED] [--mistake NAME] [--mistakes]"

  /// A run names so many failures; the rest is a number.
  private static let shownMax = 20

  /// 0 when nothing broke, 1 when something did, 2 when the words make no sense.
  static func run(_ words: [String]) -> Int32 {
    if words == ["--mistakes"] { return runMistakes() }
    guard let request = request(words) else {
      Printer.note(usage)
      return 2
    }
    var failed: UInt64 = 0
    var (faults, crashes, writes, uneven) = (0, 0, 0, 0)
    var kinds: [String: Int] = [:]
    for seed in request.first..<(request.first + request.count) {
      let outcome = Simulation.run(
        seed: seed, mistake: request.mistake, tellsStory: request.count == 1)
      for line in outcome.story { Printer.line(line) }
      faults += outcome.faults
      crashes += outcome.crashes
      writes += outcome.writes
      if Simulation.run(seed: seed, mistake: request.mistake).trace != outcome.trace { uneven += 1 }
      guard !outcome.violations.isEmpty else { continue }
      failed += 1
      for violation in outcome.violations {
        kinds[String(violation.prefix { $0 != "," }), default: 0] += 1
      }
      if failed <= Self.shownMax {
        Printer.line("\(outcome.replayLine)  \(outcome.violations.joined(separator: "; "))")
      }
    }
    for (kind, count) in kinds.sorted(by: { $0.value > $1.value }) {
      Printer.line("\(count)  \(kind)")
    }
    Printer.line(
      "\(request.count) seeds, each twice: \(failed) failed, \(uneven) not the same twice; "
        + "\(faults) faults, \(crashes) crashes, \(writes) writes.")
    return failed == 0 && uneven == 0 ? 0 : 1
  }

  /// How often each planted mistake is caught.
  private static func runMistakes() -> Int32 {
    let seeds: ClosedRange<UInt64> = 1...800
    var code: Int32 = 0
    for mistake in PlantedMistake.allCases {
      let caught = seeds.count {
        !Simulation.run(seed: $0, mistake: mistake).violations.isEmpty
      }
      if caught == 0 { code = 1 }
      Printer.line("\(mistake.rawValue)  caught by \(caught) of \(seeds.count) seeds")
    }
    return code
  }

  private static func request(_ words: [String]) -> Request? {
    var request = Request()
    var rest = words[...]
    while let word = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch word {
      case "--seeds":
        guard let count = UInt64(value), count > 0 else { return nil }
        request.count = count
      case "--from":
        guard let first = UInt64(value) else { return nil }
        request.first = first
      case "--seed":
        guard let seed = UInt64(value) else { return nil }
        (request.first, request.count) = (seed, 1)
      case "--mistake":
        guard let mistake = PlantedMistake(rawValue: value) else { return nil }
        request.mistake = mistake
      default: return nil
      }
    }
    return request
  }
}
