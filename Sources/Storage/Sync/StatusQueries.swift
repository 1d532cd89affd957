import Domain

extension Store {
  /// What the store knows of the synchronization now.
  ///
  /// - Parameters:
  ///   - limits: calls a second and a month, by service that is set up; others are not connected.
  public func syncStatus(
    limits: [Service: (perSecond: Int, perMonth: Int?)]
  ) throws(StorageError) -> SyncStatus {
    let now = moment
    var services: [ServiceStatus] = []
    for service in [Service.buildium, .airtable] {
      guard let limit = limits[service] else {
        services.append(ServiceStatus(service))
        continue
      }
      let calls = try callSummary(service, at: now)
      services.append(Self.status(service, calls, limit, at: now))
    }
    let day = now.adding(milliseconds: -86_400_000)
    return try readSync { state throws(StorageError) in
      let jobs = try state.jobs()
      let letters = try state.deadLetters()
      var status = SyncStatus(
        services: services, jobs: jobs, deadLetters: letters,
        latency: try state.latency(from: day, to: now.adding(milliseconds: 1)), at: now)
      status.held = try state.heldChanges()
      status.conflicts = try state.openConflictCount()
      let compared = try state.lastReconciliations()
      if !compared.isEmpty {
        status.accuracy = Accuracy(
          matching: compared.reduce(0) { $0 + $1.matching },
          of: compared.reduce(0) { $0 + $1.compared })
        status.reconciledAt = compared.compactMap(\.madeAt).max()
      }
      for resource in Resource.mirrored {
        status.resources.append(try state.status(of: resource, jobs, letters))
      }
      return status
    }
  }

  private static func status(
    _ service: Service, _ calls: CallSummary, _ limit: (perSecond: Int, perMonth: Int?),
    at now: Instant
  ) -> ServiceStatus {
    let state: ServiceStatus.State =
      switch calls.lastStatus {
      case 401, 403: .notAuthorised
      case 429: calls.lastError.contains("month") ? .quotaSpent : .rateLimited
      case .some(500...): .unreachable
      case nil where !calls.lastError.isEmpty: .unreachable
      default: .ok
      }
    return ServiceStatus(
      service, state: state, lastSuccessAt: calls.lastSuccessAt,
      requestsLastMinute: calls.lastMinute, limitPerSecond: limit.perSecond,
      callsThisMonth: calls.thisMonth, monthlyQuota: limit.perMonth, recentCalls: calls.recent,
      message: state == .ok ? "" : calls.lastError)
  }
}

extension SyncState {
  /// One mirrored resource: what each side has, what waits, and what is at work on it.
  func status(
    of resource: Resource, _ jobs: [JobStatus], _ letters: [DeadLetter]
  ) throws(StorageError) -> ResourceStatus {
    var row = ResourceStatus(resource)
    // Rent payments are made here from transactions; what Buildium has of them is what was found.
    let sent = try sinkCounts(.airtable, resource)
    row.airtable = sent.there
    row.pendingOut = sent.pending
    row.deadLetters = letters.count { $0.resource == resource }
    row.buildium = try knownCount(.buildium, resource)
    row.local = resource.isResult ? try knownCount(.rentbook, resource) : row.buildium
    let pull = try pull(.buildium, resource == .rentPayments ? .transactions : resource)
    row.lastSyncedAt = pull?.watermark
    let running = jobs.first { $0.resource == resource && $0.state == .running }
    row.progress = running?.progress
    if let total = pull?.total, pull?.completeAt == nil {
      row.pendingIn = max(0, total - (pull?.seen ?? 0))
    }
    row.state =
      if row.deadLetters > 0 {
        .refused
      } else if jobs.contains(where: { $0.resource == resource && $0.state == .failed }) {
        .failed
      } else if resource.isResult {
        // Made here: nothing is pulled, so only what is to be sent can be open.
        row.pendingOut > 0 ? .sending : .inStep
      } else if pull == nil {
        .neverSynced
      } else if pull?.watermark == nil || (sent.there == 0 && sent.pending > 0) {
        .firstSync
      } else if running?.kind == Job.Kind.pull.rawValue { .pulling } else if row.pendingOut > 0 {
        .sending
      } else { .inStep }
    return row
  }

  /// Rows of a resource at a sink: there, and changed but not sent. Counted within indexes, since a
  /// screen asks every second.
  private func sinkCounts(
    _ sink: Service, _ resource: Resource
  ) throws(StorageError) -> (there: Int, pending: Int) {
    let there =
      try connection.row(
        """
        SELECT COUNT(*) FROM sync_state
        WHERE service = $1 AND resource = $2 AND remote_id IS NOT NULL
        """, .text(sink.rawValue), .text(resource.rawValue)
      ) { row throws(StorageError) in row.int(0) } ?? 0
    return (there, try sendableCount(sink, resource))
  }
}
