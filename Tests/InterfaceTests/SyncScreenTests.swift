import Domain
import Terminal
import Testing

@testable import Interface

@Suite("The Sync pane shows") struct SyncScreenTests {
  @Test("a first sync that runs, with a refused bill, at 100x28") func firstSync() {
    #expect(Session(status: Sample.busy).screen == Self.busy100)
  }
  private static let busy100 = """
     Rentbook  Harbor & Main Management                ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1   2 Conflicts   3 Bills   4 NOI & Draws   5 Ledger   6 Reconcile   7 Activity
    ────────────────────────────────────────────────────────────────────────────────────────────────────
     Resource       Buildium    Here  Airtable  In    Out  Changed   State
    ▸GL accounts         160     160       160   0      0  14 s ago  ✓ in step
     Owners               38      38        38   0      0  14 s ago  ✓ in step
     Properties          412     412       412   0      0  14 s ago  ✓ in step
     Units             6,204   6,204     6,204   0      0  14 s ago  ✓ in step
     Tenants           7,012   7,012     7,012   0      0  14 s ago  ✓ in step
     Leases            5,871   5,871     5,871   0      0  14 s ago  ✓ in step
     Bills             3,118   3,118     3,118   0      0  14 s ago  ! 1 refused
     Transactions     48,210  48,210    39,964   0  8,246  never     ~ first sync  ███████████░░░   82 %
     Rent payments    20,411  20,411    20,411   0      0  14 s ago  ✓ in step
    ────────────────────────────────────────────────────────────────────────────────────────────────────
     ~ Transactions to Airtable  49.2 records/s  left 2 min 48 s  39,964 of 48,210
     ✓ Buildium 14 s         0.8 of 10 calls/s   calls this month 12,345   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  last 5 min
     ~ Airtable 90 %         4.9 of 5 calls/s    calls this month 41,880 of 100,000
     event to Airtable   P50 0.6 s   P95 1.9 s   318 changes in 24 h

     Need you 1
     ! Bill 88213 refused by Airtable: Field “Due Date” was deleted in the base. Put it back or map ano…
     Jobs 3
     ~ running 82 %          Transactions to Airtable        39,964 of 48,210  49.2 records/s  left 2 m…
     ! next try in 46 s      Bills from Buildium             Buildium answered 503.
     · waits                 Rent payments to Airtable
    ────────────────────────────────────────────────────────────────────────────────────────────────────

     s sync now  f full  d dry run  p pause  r retry  R retry all  x discard  J jobs  : commands  ? help
    """

  @Test("the same at 80x24: the age gives way, the list of jobs is a Tab away") func at80() {
    #expect(Session(columns: 80, rows: 24, status: Sample.busy).screen == Self.busy80)
  }
  private static let busy80 = """
     Rentbook  Harbor & Main Man…  ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1  2 Conflicts  3 Bills  4 NOI  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────
     Resource       Buildium    Here  Airtable  In    Out  State
    ▸GL accounts         160     160       160   0      0  ✓ in step
     Owners               38      38        38   0      0  ✓ in step
     Properties          412     412       412   0      0  ✓ in step
     Units             6,204   6,204     6,204   0      0  ✓ in step
     Tenants           7,012   7,012     7,012   0      0  ✓ in step
     Leases            5,871   5,871     5,871   0      0  ✓ in step
     Bills             3,118   3,118     3,118   0      0  ! 1 refused
     Transactions     48,210  48,210    39,964   0  8,246  ~ first sync 82 %
     Rent payments    20,411  20,411    20,411   0      0  ✓ in step
    ────────────────────────────────────────────────────────────────────────────────
     ~ Transactions to Airtable  49.2 records/s  left 2 min 48 s  39,964 of 48,210
     ✓ Buildium 14 s         0.8 of 10 calls/s   calls this month 12,345
     ~ Airtable 90 %         4.9 of 5 calls/s    calls this month 41,880 of 100,000
     event to Airtable   P50 0.6 s   P95 1.9 s   318 changes in 24 h

     Need you 1   Tab: Jobs 3
     ! Bill 88213 refused by Airtable: Field “Due Date” was deleted in the base. Pu…
    ────────────────────────────────────────────────────────────────────────────────

     s sync now  f full  d dry run  p pause  r retry  : commands  ? help
    """

  @Test("the same at 60x20: what waits gives way, state and share stay") func at60() {
    #expect(Session(columns: 60, rows: 20, status: Sample.busy).screen == Self.busy60)
  }
  private static let busy60 = """
     Rentbook  ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1 2 Confl… 3 Bills 4 NOI 5 Ledger 6 Recon… 7 Activ…
    ────────────────────────────────────────────────────────────
     Resource       Buildium    Here  Airtable  State
    ▸GL accounts         160     160       160  ✓ in step
     Owners               38      38        38  ✓ in step
     Properties          412     412       412  ✓ in step
     Units             6,204   6,204     6,204  ✓ in step
     Tenants           7,012   7,012     7,012  ✓ in step
     Leases            5,871   5,871     5,871  ✓ in step
     Bills             3,118   3,118     3,118  ! 1 refused
     Transactions     48,210  48,210    39,964  ~ first 82 %
    ────────────────────────────────────────────────────────────
     ~ Transactions to Airtable  49.2 records/s  left 2 min 48 s
     ✓ Buildium 14 s         0.8 of 10 calls/s   calls this mon…
     Need you 1   Tab: Jobs 3
     ! Bill 88213 refused by Airtable: Field “Due Date” was del…
    ────────────────────────────────────────────────────────────

     s sync now  f full  d dry run  p pause  : commands  ? help
    """

  @Test("how to begin, when nothing is connected") func unconnected() {
    #expect(Session(columns: 80, rows: 24, status: Sample.unconnected).screen == Self.empty80)
  }
  private static let empty80 = """
     Rentbook  Harbor & Main …  · Buildium not connected   · Airtable not connected
     1 Sync  2 Conflicts  3 Bills  4 NOI & Draws  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────

      Nothing is connected yet.

      1  rentbook connect buildium   reads your portfolio
      2  rentbook connect airtable   is where it goes
      3  rentbook airtable setup     makes the tables there

      Then open Rentbook again and press s for the first sync.
      To look around first, without any account: rentbook demo









    ────────────────────────────────────────────────────────────────────────────────

     L messages  : commands  ? help
    """

  @Test("a dead letter in full") func deadLetter() {
    var session = Session(columns: 80, rows: 24, status: Sample.busy)
    session.press("Tab Enter")
    #expect(session.screen == Self.letter80)
  }
  private static let letter80 = """
     Rentbook  Harbor & Main Man…  ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1  2 Conflicts  3 Bills  4 NOI  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────
     ! Bill 88213 refused by Airtable

     Field “Due Date” was deleted in the base. Put it back or map another field.

     Resource          Bills
     Record            buildium/bills/88213
     Tried             5 times
     Given up          2026-10-31 13:02:10 (1 h ago)

     Put right what is wrong, then r tries again. x gives up on this change for
     good; the record is sent again when it next changes.







    ────────────────────────────────────────────────────────────────────────────────

     r retry  x discard  y copy  Esc back  ? help
    """

  @Test("the help, made from the binding table") func help() {
    var session = Session(columns: 80, rows: 24, status: Sample.quiet)
    session.press("?")
    #expect(session.screen == Self.help80)
  }
  private static let help80 = """
     Rentbook  Harbor & Main Management            ✓ Buildium 14 s   ✓ Airtable 2 s
     1 Sync  2 Conflicts  3 Bills  4 NOI & Draws  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────
     Keys  type to search:
      Brings in what changed and sends what waits.
    ▸s            sync now        Brings in what changed and sends what waits.
     S            sync this       Syncs the selected resource only.
     f            full            Reads every record again and compares it.
     d            dry run         Lists every write a sync would make, and makes no…
     D            dry run result  × No dry run was made yet; d makes one.
     p            pause           Pauses syncing after the page in hand, or goes on.
     c            stop            × No sync that was started here is running.
     Enter Right  open            Shows the selected row in full.
     r            retry           × No dead letters: nothing waits for a person.
     R            retry all       × No dead letters: nothing waits for a person.
     x            discard         × No dead letters: nothing waits for a person.
     A            let go          × Nothing waits because it was too much at once.
     J            jobs            × No work waits.
     Tab          next list       Goes to the next list: resources, dead letters, j…
     Shift-Tab    list before     Goes to the list before.
     /            filter          Shows only rows with certain words.
    ────────────────────────────────────────────────────────────────────────────────

     Enter run  Esc back
    """

  @Test("the commands that match, the best first") func palette() {
    var session = Session(columns: 80, rows: 24, status: Sample.busy)
    session.press(":")
    session.type("sync")
    #expect(session.screen == Self.palette80)
  }
  private static let palette80 = """
     Rentbook  Harbor & Main Man…  ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1  2 Conflicts  3 Bills  4 NOI  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────
     Commands and records  type to search: sync  7 of 197
      Brings in what changed and sends what waits.
    ▸s            sync-now                Brings in what changed and sends what wai…
     S            sync-selected-resource  Syncs the selected resource only.
     f            full-sync               Reads every record again and compares it.
     c            stop-sync               × No sync that was started here is runnin…
     1            go-to-sync              Goes to Sync.
     Tenants      sync tenant 0           Unit 0
     Tenants      sync tenant 1           Unit 1
     Tenants      sync tenant 2           Unit 2
     d            dry-run                 Lists every write a sync would make, and …
     p            pause-or-resume         Pauses syncing after the page in hand, or…






    ────────────────────────────────────────────────────────────────────────────────

     Enter run  Esc back
    """

  @Test("a question that starts on Cancel") func question() {
    var session = Session(columns: 80, rows: 24, status: Sample.busy)
    session.press("x")
    #expect(session.screen == Self.question80)
  }
  private static let question80 = """
     Rentbook  Harbor & Main Man…  ✓ Buildium 14 s   ~ Airtable 90 %   ! 1 need you
     1 Sync 1  2 Conflicts  3 Bills  4 NOI  5 Ledger  6 Reconcile  7 Activity
    ────────────────────────────────────────────────────────────────────────────────
     Resource       Buildium    Here  Airtable  In    Out  State
    ▸GL accounts         160     160       160   0      0  ✓ in step
     Owners               38      38        38   0      0  ✓ in step
     Properties          412     412       412   0      0  ✓ in step
     Units   ──────────────────────────────────────────────────────────────
     Tenants   Discard Bill 88213?
     Leases
     Bills     Airtable keeps what it has now, and this change is not
     Transact  sent. The record is sent again when it next changes. This   %
     Rent pay  cannot be undone.
    ─────────                                                              ─────────
     ~ Transa  ▸ Cancel ◂    Discard                                        48,210
     ✓ Buildi──────────────────────────────────────────────────────────────
     ~ Airtable 90 %         4.9 of 5 calls/s    calls this month 41,880 of 100,000
     event to Airtable   P50 0.6 s   P95 1.9 s   318 changes in 24 h

     Need you 1   Tab: Jobs 3
     ! Bill 88213 refused by Airtable: Field “Due Date” was deleted in the base. Pu…
    ────────────────────────────────────────────────────────────────────────────────

     Left choose  Enter press  y yes  Esc no
    """

  @Test("that nothing was read yet") func reading() {
    #expect(Session().screen.contains("Reading the store…"))
  }

  @Test("that it was never synced, and which key begins") func neverSynced() {
    let session = Session(status: Sample.neverSynced)
    #expect(session.screen.contains("never synced: s starts the first sync"))
  }

  @Test("that Airtable is not set up, and the commands that do it") func noAirtable() {
    var status = Sample.quiet
    status.services[1] = ServiceStatus(.airtable)
    let session = Session(status: status)
    #expect(session.line("Airtable is not set up").contains("rentbook connect airtable"))
    #expect(session.screen.contains("· Airtable not connected"))
  }

  @Test(
    "trouble of a service in words",
    arguments: [
      (ServiceStatus.State.unreachable, "× Airtable offline", "is tried again by itself"),
      (.notAuthorised, "! Airtable refuses the key", "rentbook connect airtable"),
      (.rateLimited, "~ Airtable asked to wait", "goes on by itself"),
      (.quotaSpent, "! Airtable quota spent", "calls to Airtable are used up"),
      (.paused, "‖ Airtable paused", "p goes on"),
    ]) func trouble(state: ServiceStatus.State, cell: String, advice: String)
  {
    var status = Sample.quiet
    status.services = Sample.services(airtable: state)
    let session = Session(columns: 120, rows: 40, status: status)
    #expect(session.screen.split(separator: "\n").first?.contains(cell) == true)
    #expect(session.screen.contains(advice))
    status.services = Sample.services(airtable: state, message: "The base answered in riddles.")
    if state != .paused {
      let spoken = Session(columns: 120, rows: 40, status: status)
      #expect(spoken.screen.contains("The base answered in riddles."))
    }
  }

  @Test("no ✓ for a service while something of it is refused") func neverFine() {
    var status = Sample.quiet
    status.deadLetters = [Sample.letter]
    let top = Session(status: status).screen.split(separator: "\n").first ?? ""
    #expect(top.contains("! Airtable 1 refused"))
    #expect(top.contains("! 1 need you"))
    #expect(!top.contains("✓ Airtable"))
  }

  @Test("every state by a sign and a word, so that no meaning hangs on colour") func words() {
    let states: [ResourceStatus.State] = [
      .neverSynced, .firstSync, .pulling, .sending, .inStep, .refused, .failed, .paused,
    ]
    let texts = states.map { state in
      SyncPane.state(
        ResourceStatus(.bills, deadLetters: state == .refused ? 2 : 0, state: state), width: 30
      )
      .text
    }
    #expect(Set(texts).count == states.count)
    for text in texts {
      let words = text.split(separator: " ")
      #expect(words.count >= 2 && words[0].count == 1 && words[1].allSatisfy { $0.isASCII })
    }
  }

  @Test("a look by itself stands in nobody's way: s begins a sync, q leaves") func look() {
    var session = Session(status: Sample.quiet)
    session.send(.lookStarted)
    #expect(session.screen.contains("~ Looking for changes…"))
    session.press("s")
    #expect(session.takeEffects() == [.startSync(full: false, resources: [], dryRun: false)])
    session.send(.syncEnded("", hint: "", level: .info))
    session.send(.lookStarted)
    session.press("q")
    #expect(session.takeEffects().contains(.quit))
  }

  @Test("what comes next: the near by how long, the far by the clock") func upcoming() {
    var session = Session(columns: 120, rows: 40, status: Sample.quiet)
    session.send(
      .upcoming([
        Upcoming("poll Buildium", at: Sample.now.adding(milliseconds: 46_000)),
        Upcoming("daily sweep", at: Sample.now.adding(milliseconds: 12 * 3_600_000)),
      ]))
    #expect(session.screen.contains("Next: poll Buildium in 46 s · daily sweep 02:02"))
  }

  @Test("ages that grow with the clock it is given, and no other") func ages() {
    var session = Session(status: Sample.quiet)
    #expect(session.line("Units").contains("14 s ago"))
    session.send(.clock(Sample.now.adding(milliseconds: 180_000)))
    #expect(session.line("Units").contains("3 min ago"))
    #expect(session.screen.contains("✓ Buildium 3 min"))
  }

  @Test("progress as it arrives, with rate and time left") func progress() {
    var session = Session(status: Sample.busy)
    session.send(
      .progress(
        .transactions, service: .airtable,
        Progress(done: 48_000, total: 48_210, ratePerSecond: 49.9, secondsLeft: 4)))
    #expect(session.line("▸").isEmpty == false)
    #expect(session.line("~ first sync").contains("99 %"))
    #expect(
      session.line("~ Transactions").contains("49.9 records/s  left 4 s  48,000 of 48,210"))
  }

  @Test("hostile text from a service as text") func hostile() {
    var status = Sample.quiet
    status.deadLetters = [Sample.letter]
    status.deadLetters[0].title = "Bill \u{1B}[2J\u{7}\u{202E}"
    status.deadLetters[0].message = "a\nb\u{9B}31m"
    var session = Session(status: status)
    for keys in ["", "Tab Enter", "x"] {
      session.press(keys)
      for scalar in session.screen.unicodeScalars where scalar != "\n" {
        #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value))
        #expect(scalar != "\u{202E}")
      }
    }
  }

  @Test("lists that only grow where there is room: all of it fits at 200x60") func large() {
    let session = Session(columns: 200, rows: 60, status: Sample.busy)
    for text in [
      "Changed", "Need you 1", "Jobs 3", "event to Airtable", "last 5 min", "~ running 82 %",
    ] {
      #expect(session.screen.contains(text))
    }
  }
}

@Suite("Every size") struct SizeTests {
  @Test("draws without a fault, from 1x1 up, whatever is open (seeded)") func anySize() {
    let seed: UInt64 = 7
    var random = Seeded(state: seed)
    let opened = ["", "?", ":", "L", "Tab Enter", "x", "/ a", "f", "J Enter", "D", "G Enter"]
    for round in 0..<400 {
      let columns = round < 30 ? round % 6 + 1 : Int(random.next() % 210) + 1
      let rows = round < 30 ? round / 6 + 1 : Int(random.next() % 64) + 1
      var session = Session(status: round % 3 == 0 ? Sample.busy : Sample.quiet)
      if round % 5 == 0 { session.send(.dryRun(Self.plan)) }
      session.press(opened[Int(random.next() % UInt64(opened.count))])
      session.send(.resized(Size(rows: rows, columns: columns)))
      let frame = session.frame
      #expect(frame.size == Size(rows: rows, columns: columns), "seed \(seed) round \(round)")
      #expect(frame.cursorRow < rows && frame.cursorColumn < columns, "seed \(seed) round \(round)")
      session.press("Down Up PageDown G g Tab")
      session.send(.mouse(Mouse(.press, row: rows / 2, column: columns / 2)))
      session.send(.mouse(Mouse(.wheelDown, row: rows - 1, column: 0)))
      _ = session.frame
    }
  }

  private static let plan = [
    PlannedWrite(.create, service: .airtable, resource: .bills, title: "Bill 1", change: "new")
  ]

  @Test("below 60x20 says what it needs, and still quits") func tooSmall() {
    var session = Session(columns: 40, rows: 10, status: Sample.quiet)
    #expect(session.screen.hasPrefix("terminal too small (40x10, need 60x20)"))
    session.press("s x")
    #expect(session.takeEffects().isEmpty)
    session.press("q")
    #expect(session.takeEffects() == [.quit])
  }

  @Test("a storm of sizes ends in the right picture") func storm() {
    var session = Session(columns: 80, rows: 24, status: Sample.busy)
    let before = session.screen
    for step in 0..<200 { session.send(.resized(Size(rows: step % 50, columns: step % 170))) }
    session.send(.resized(Size(rows: 24, columns: 80)))
    #expect(session.screen == before)
  }
}

/// A small generator whose run a seed repeats.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 16
  }
}
