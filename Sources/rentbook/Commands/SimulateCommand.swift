import Background
import Domain
import Sync

/// `rentbook simulate`: the synchronization under very many seeds, for a night; or one seed, told
/// step by step.
enum SimulateCommand {
  static let spec: CommandSpec = {
    var spec = CommandSpec(
      "simulate",
      options: [
        OptionSpec("--seeds", "N", "How many seeds; 20000 unless told."),
        OptionSpec("--from", "S", "The first of them; 1 unless told."),
        OptionSpec("--jobs", "N", "Threads to run them on; 1 unless told."),
        OptionSpec("--seed", "S", "This seed alone, told step by step."),
        OptionSpec("--mistake", "NAME", "Plant a mistake, as M1, in every run."),
        OptionSpec("--mistakes", "Count how often each planted mistake is caught."),
      ], "Run the synchronization of simulated services under many seeds.", run: run)
    spec.isHidden = true
    return spec
  }()

  private static let seedsMax = 1_000_000_000
  private static let jobsMax = 64
  /// Seeds each planted mistake is given to show itself.
  private static let seedsOfMistakes: ClosedRange<UInt64> = 1...800
  /// How long one wait lasts before progress is shown.
  private static let stepSeconds = 1.0

  static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var mistake: PlantedMistake?
    if let name = invocation.text("--mistake") {
      guard let known = PlantedMistake(rawValue: name) else {
        let names = PlantedMistake.allCases.map(\.rawValue).joined(separator: ", ")
        throw .usage("There is no mistake “\(name)”.", hint: "There are: \(names)")
      }
      mistake = known
    }
    if invocation.flag("--mistakes") { return countMistakes(invocation) }
    if let seed = try invocation.integer("--seed", in: 0...Int.max) {
      return tell(UInt64(seed), mistake, invocation)
    }
    let count = try invocation.integer("--seeds", in: 1...seedsMax) ?? 20_000
    let first = try invocation.integer("--from", in: 0...Int.max / 2) ?? 1
    let jobs = try invocation.integer("--jobs", in: 1...jobsMax) ?? 1
    let cancellation = Interruption.install()
    let progress = ProgressLine(quiet: invocation.isQuiet || invocation.isJSON)
    let tally = SimulationTally()
    tally.run(UInt64(first)..<UInt64(first + count), jobs: jobs, mistake: mistake) { _ in true }
    while !tally.wait(secondsMax: stepSeconds) {
      progress.show("\(tally.result.runs) of \(count) seeds, \(tally.result.failed) failed")
      if cancellation.isCancelled { tally.stop() }
    }
    progress.finish()
    show(tally.result, invocation)
    if cancellation.isCancelled { return .interrupted }
    return tally.result.failed == 0 && tally.result.uneven == 0 ? .done : .failed
  }

  private static func show(_ result: SimulationTally.Result, _ invocation: Invocation) {
    guard !invocation.isJSON else {
      var faults = JSONObject()
      for fault in SimulatedFault.allCases {
        faults["\(fault)"] = .int(result.faults[fault.rawValue])
      }
      Output.document(
        "simulate",
        [
          "runs": .int(result.runs), "failed": .int(result.failed), "uneven": .int(result.uneven),
          "writes": .int(result.writes), "faults": .object(faults),
          "failures": .array(result.failures.map { .string($0) }),
        ])
      return
    }
    for line in result.failures { Output.line(line) }
    for fault in SimulatedFault.allCases {
      Output.line("\(fault)  \(result.faults[fault.rawValue])")
    }
    Output.line(
      "\(result.runs) seeds, each twice: \(result.failed) failed, \(result.uneven) not the same "
        + "twice; \(result.faults.reduce(0, +)) faults, \(result.writes) writes.")
  }

  private static func tell(
    _ seed: UInt64, _ mistake: PlantedMistake?, _ invocation: Invocation
  ) -> ExitCode {
    let outcome = Simulation.run(seed: seed, mistake: mistake, tellsStory: true)
    if invocation.isJSON {
      Output.document(
        "simulate",
        [
          "seed": .string("\(seed)"), "story": .array(outcome.story.map { .string($0) }),
          "violations": .array(outcome.violations.map { .string($0) }),
        ])
    } else {
      for line in outcome.story + outcome.violations { Output.line(line) }
    }
    return outcome.violations.isEmpty ? .done : .failed
  }

  private static func countMistakes(_ invocation: Invocation) -> ExitCode {
    var code = ExitCode.done
    var counts = JSONObject()
    for mistake in PlantedMistake.allCases {
      let caught = seedsOfMistakes.count {
        !Simulation.run(seed: $0, mistake: mistake).violations.isEmpty
      }
      if caught == 0 { code = .failed }
      counts[mistake.rawValue] = .int(caught)
      if !invocation.isJSON {
        Output.line("\(mistake.rawValue)  caught by \(caught) of \(seedsOfMistakes.count) seeds")
      }
    }
    if invocation.isJSON { Output.document("simulate", ["caught": .object(counts)]) }
    return code
  }
}
