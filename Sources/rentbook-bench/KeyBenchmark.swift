// From a key to the frame it leads to: model and picture, without the terminal's own share.
import Domain
import Interface
import Terminal

/// Keys pressed on a Sync pane in the middle of a sync.
enum KeyBenchmark {
  private static let keys: [Key] = [
    .down, .down, .down, .up, .tab, .down, .down, .pageDown, .end, .home, .tab, .down, .up,
    .character("?"), .escape, .character("L"), .down, .escape, .character(":"), .escape,
    .character("/"), .character("b"), .character("i"), .escape,
  ]
  private static let rounds = 200
  private static let sizes = [Size(rows: 40, columns: 120), Size(rows: 60, columns: 200)]
  private static let moment = Instant(milliseconds: 1_790_000_000_000)

  @Sendable static func run(_ options: Options) throws(BenchmarkError) -> [Figure] {
    sizes.flatMap { size in
      let device = MemoryDevice(size: size)
      var model = Model(portfolio: "Harbor & Pine", now: moment, size: size)
      for effect in model.start() {
        guard case .loadStatus(let generation) = effect else { continue }
        _ = update(&model, .status(status, generation: generation))
      }
      _ = update(&model, .messages(messages))
      _ = update(&model, .syncStarted(dryRun: false))
      device.present(render(model))
      var samples = Samples()
      var time = moment
      for round in 0..<rounds {
        for key in keys {
          time = time.adding(milliseconds: 120)
          samples.measure {
            _ = update(&model, .clock(time))
            _ = update(&model, .key(key))
            device.present(render(model))
          }
        }
        // The sync goes on meanwhile.
        let progress = Progress(
          done: round * 40, total: 20_000, ratePerSecond: 48.5, secondsLeft: 400)
        _ = update(&model, .progress(.units, service: .airtable, progress))
      }
      return samples.figures("\(size.columns)×\(size.rows)")
        + [Figure("\(size.columns)×\(size.rows) frames", device.frames)]
    }
  }

  private static var status: SyncStatus {
    let resources = Resource.mirrored.enumerated().map { index, resource in
      ResourceStatus(
        resource, buildium: 1000 * (index + 1), local: 1000 * (index + 1),
        airtable: 700 * (index + 1), pendingIn: index * 10, pendingOut: index * 40,
        deadLetters: index == 6 ? 200 : 0,
        lastSyncedAt: moment.adding(milliseconds: Int64(index) * -20_000),
        state: index < 5 ? .inStep : .sending,
        progress: index < 5
          ? nil : Progress(done: 700, total: 1000, ratePerSecond: 48.5, secondsLeft: 60))
    }
    let services = [Service.buildium, .airtable].map { service in
      ServiceStatus(
        service, state: .ok, lastSuccessAt: moment, requestsLastMinute: 290,
        limitPerSecond: service == .airtable ? 5 : 10, callsThisMonth: 41_250,
        monthlyQuota: service == .airtable ? 100_000 : nil, recentCalls: (0..<60).map { $0 % 25 })
    }
    let jobs = (0..<40).map(job)
    let letters = (0..<200).map(letter)
    return SyncStatus(
      resources: resources, services: services, jobs: jobs, deadLetters: letters,
      latency: LatencySummary(p50: 800, p95: 2400, p99: 3900, count: 12_000), at: moment)
  }

  private static func job(_ number: Int) -> JobStatus {
    let isPull = number % 2 == 0
    return JobStatus(
      id: String(number), kind: isPull ? "pull" : "push",
      resource: Resource.mirrored[number % Resource.mirrored.count],
      service: isPull ? .buildium : .airtable, state: number < 2 ? .running : .queued,
      progress: Progress(done: number * 30, total: 2000, ratePerSecond: 48.5, secondsLeft: 90),
      createdAt: moment)
  }

  private static func letter(_ number: Int) -> DeadLetter {
    let bill = String(88_000 + number)
    return DeadLetter(
      id: String(1000 + number), service: .airtable, resource: .bills,
      key: RemoteKey(.buildium, .bills, bill), title: "Bill \(bill)",
      message: "Airtable has no choice “Partially paid” in the field “Status”. Add the choice.",
      attempts: 3, at: moment.adding(milliseconds: Int64(number) * -60_000))
  }

  private static func message(_ number: Int) -> LogMessage {
    let isWarning = number % 10 == 0
    return LogMessage(
      id: Int64(number + 1), at: moment.adding(milliseconds: Int64(number) * -5000),
      level: isWarning ? .warning : .info,
      text: "Sent 10 transactions to Airtable; the base took all of them.",
      hint: isWarning ? "Nothing needs doing." : "")
  }

  private static var messages: [LogMessage] { (0..<1000).map(message) }
}
