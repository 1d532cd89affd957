import Background
import Domain
import Testing

@testable import Sync

/// The whole protocol under many seeds: faults of the network, the disk, the schema and the process,
/// and people who type on both sides meanwhile.
@Suite("The protocol under faults") struct SimulationTests {
  /// As many as two slow cores run within a minute; `rentbook simulate` runs millions.
  private static let seeds: ClosedRange<UInt64> = 1...20_000
  /// Seeds that once found what the others did not.
  private static let remembered: [UInt64] = [
    5_739, 10_966, 19_014, 50_010, 84_363, 110_768, 170_141, 186_652, 319_307, 355_010, 453_456,
    550_503, 20_572_624, 20_813_616,
  ]
  /// Under so many seeds every planted mistake must be caught at least once.
  private static let seedsOfMistakes: ClosedRange<UInt64> = 1...3_000
  /// A slow machine may be busy with other tests.
  private static let secondsMax = 600.0

  @Test("no invariant breaks under any seed, and each seed runs the same way twice")
  func seeds() {
    let tally = SimulationTally()
    // Every tenth seed is run twice: another order in a dictionary would show itself in all of them.
    tally.run(Self.remembered + Array(Self.seeds), jobs: 2) { $0 % 10 == 0 }
    #expect(tally.wait(secondsMax: Self.secondsMax), "the runs did not end")
    let result = tally.result
    for line in result.failures { Issue.record("\(line)") }
    #expect(result.runs == Self.seeds.count + Self.remembered.count)
    // A fault that never strikes proves nothing.
    for fault in SimulatedFault.allCases {
      #expect(result.faults[fault.rawValue] > 100, "\(fault) struck too rarely")
    }
  }

  @Test("a planted mistake is caught", arguments: PlantedMistake.allCases)
  func mistakes(_ mistake: PlantedMistake) {
    let caught = Self.seedsOfMistakes.first {
      !Simulation.run(seed: $0, mistake: mistake).violations.isEmpty
    }
    #expect(caught != nil, "\(mistake.rawValue) was not caught")
  }

  /// The scenarios under which every place is struck: what people do differs from one to the next.
  private static let scenarios: ClosedRange<UInt64> = 1...12

  @Test(
    "one fault at every place where it may strike, and no other, breaks nothing",
    arguments: SimulatedFault.allCases)
  func everyPlace(_ fault: SimulatedFault) {
    // These two lie in the values, not in a place.
    if fault == .poison || fault == .normalised { return }
    var struck = 0
    for seed in Self.scenarios {
      let places = Simulation.run(seed: seed, planted: PlantedFault(fault, at: .max)).places
      for place in stride(from: 1, through: places, by: 1) {
        let outcome = Simulation.run(seed: seed, planted: PlantedFault(fault, at: place))
        struck += outcome.faults[fault.rawValue]
        if let violation = outcome.violations.first {
          Issue.record("seed \(seed), \(fault) at place \(place): \(violation)")
        }
      }
    }
    #expect(struck >= Self.scenarios.count, "\(fault) has too few places")
  }
}
