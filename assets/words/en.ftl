### Qyran in English. Terms: docs/glossary.md.

## The program

app-name = Qyran
app-tagline = A video wall for operative control centres

## A tile: the link to the camera

link-connecting = connecting
link-awaiting-keyframe = waiting for keyframe
link-live = live
link-late = delayed
link-lost = connection lost
link-refused = refused
link-backoff = will reconnect

## A tile: the picture

picture-good = picture good
picture-disturbed = disturbed
disturbed-share = { $percent } %
picture-frozen = frozen
picture-black = black picture
picture-lost = no picture
picture-blurred = blurred or covered
picture-moved = camera moved

## A tile: administration

admin-in-service = in operation
admin-in-repair = under repair
admin-masked = privacy mask
admin-access-closed = no access

## A tile: load

load-full = full rate
load-slowed = reduced rate
load-keyframes = keyframes only
load-paused = paused

## Why a tile is not live

reason-no-answer = no answer
reason-connection-refused = connection refused
reason-wrong-password = wrong user/password
reason-not-found = no such stream
reason-no-video = no video in stream
reason-unsupported-codec = codec not supported
reason-decode-failed = decoding failed
reason-decoder-restarted = decoder restarted
reason-silent = no data for { $seconds } s
reason-server-unavailable = server unavailable
reason-protocol-error = protocol error
reason-waiting-keyframe = waiting for a keyframe
reason-connection-closed = connection closed
reason-unknown-host = unknown host
reason-password-missing = password needed
reason-file = file cannot be read
reason-no-address = no address
reason-no-route = no route to camera
reason-connection-reset = connection reset
reason-no-encryption = no encryption (TLS)
reason-certificate-untrusted = certificate rejected
reason-certificate-expired = certificate expired
reason-certificate-changed = certificate changed
reason-password-unsafe = password not sent
reason-not-permitted = no right to view
reason-too-many-viewers = too many viewers
reason-not-now = camera not ready
reason-range-refused = time range refused
reason-transport-refused = transport refused
reason-refused = request refused
reason-moved-away = redirect failed
reason-seat-failed = workstation fault
reason-reopened = opened again
reason-retry-in = next try in { $seconds } s

## How far a session had come

phase-resolve = while looking up the name
phase-connect = while connecting
phase-secure = while setting up encryption (TLS)
phase-tunnel = while opening the HTTP tunnel
phase-options = while requesting the camera's capabilities
phase-describe = while requesting the stream description
phase-setup = while setting up the stream
phase-play = while starting the stream
phase-stream = while the stream was running

## Why a redirection is not followed

detour-circle = in a circle
detour-too-often = too many times
detour-other-protocol = to another protocol
detour-nowhere = without a usable address

## Where to look

matter-password = user and password
matter-camera = the camera
matter-network = the network
matter-seat = this workstation

## What to do

advice-no-answer = Check the camera's power, its network and its address
advice-name-server = Check the name server (DNS), or enter the camera's IP address
advice-camera-stuck = The connection is there but the camera does not answer: restart it
advice-no-route = Check the network between this workstation and the camera: switch, route, address
advice-connection-refused = Check that RTSP is on in the camera and that the port in the address is right
advice-connection-closed = The camera ended the connection: if it repeats, restart it and check its limit of viewers
advice-connection-reset = Check the network to the camera (switch, firewall), then restart the camera
advice-unknown-host = Check the host name in the camera's address, or enter its IP address
advice-no-encryption = Switch TLS on in the camera (version 1.2 or later), correct the port, or use an rtsp: address
advice-certificate-untrusted = Give the camera a trusted certificate, or change camera_certificates in the settings
advice-certificate-expired = Renew the camera's certificate, and check its clock and that of this workstation
advice-certificate-changed = Ask the camera technician whether the camera or its certificate was replaced before trusting the new one (qyran certificates forget)
advice-wrong-password = Enter the right user name and password (qyran passwords); until then it is retried rarely, so that the camera does not lock the account
advice-password-missing = Enter the user name and password of this camera (qyran passwords)
advice-password-unsafe = Switch Digest on in the camera: it offers only Basic, which would reveal the password on the network
advice-not-permitted = Give this user the right to view the stream in the settings of the camera or recorder
advice-not-found = Check the path and the channel in the camera's address
advice-too-many-viewers = Close this camera in other programs and recorders, or raise its limit of viewers
advice-not-now = Wait, it is retried automatically; if it does not pass, restart the camera
advice-range-refused = Tell the camera technician: the camera does not play from the requested time
advice-transport-refused = Use rtspu: instead of rtsp: in the address, or the other way round
advice-refused = Tell the camera technician the code: settings or firmware of the camera do not fit
advice-server-unavailable = Wait, the camera or recorder is starting or overloaded; if it does not pass, restart it
advice-no-video = Switch video on for this stream in the camera's settings, or enter another stream
advice-unsupported-codec = Set the stream to H.264, H.265 or MJPEG in the camera's settings
advice-silent = Check the network between this workstation and the camera, then restart the camera
advice-moved-away = Enter the address where the stream really is: the camera or recorder redirects wrongly
advice-protocol-error = Restart the camera and update its firmware; if it does not help, tell the camera technician
advice-decode-failed = Run qyran doctor at this workstation; if other cameras are fine, restart this one
advice-decoder-restarted = Wait, the picture comes back by itself; if it repeats, run qyran doctor
advice-file = Check that the file is there, holds a video and may be read
advice-no-address = Enter an address for this stream in the camera file
advice-seat-failed = Run qyran doctor at this workstation and restart the program
advice-reopened = Wait, after sleep every stream is opened again

## Age of a picture

age-seconds = { $seconds } s
age-minutes = { $minutes } min
age-hours = { $hours } h
age-ago = { $age } ago

## The status line

status-feeds = Live { $live } of { $total }
status-frames = Frames/s { $shown } of { $due }
status-dropped = Dropped frames { $frames }
status-processor = Processor { $cores } cores
status-looks = Analytics { $looks } frames/s
eyes-blind = Video analytics not running; see qyran doctor
status-clock = { $time }
count-cameras = { $count ->
    [one] { $count } camera
   *[other] { $count } cameras
  }
count-pages = Page { $page } of { $pages }

## Commands

command-language = Language
command-full-screen = Full screen
command-fit = Fit the picture
command-boxes = Detection boxes
command-fit-letterbox = Whole picture
command-fit-crop = Fill the tile
command-enlarge = Enlarge
command-back = Back to the wall
command-next-page = Next page
command-previous-page = Previous page
command-layout = Layout
command-layout-automatic = Automatic
command-layout-columns = { $count ->
    [one] { $count } column
   *[other] { $count } columns
  }
command-help = Help
command-quit = Quit

## Help

help-title = Keys
help-move = Choose a tile
help-arrows = Arrows
help-click = Click
help-double-click = Double click
help-close = Close

## Errors, spoken

error-no-gpu = No graphics adapter was found
error-no-gpu-hint = Install a Vulkan or OpenGL driver; in software: { $package }
error-no-display = There is no display
error-no-display-hint = Start Qyran in a graphical session, or set DISPLAY or WAYLAND_DISPLAY
error-camera-file = The camera file { $file } cannot be read: { $problem }
error-camera-row = Camera file, row { $row }, field { $field }: { $problem }
error-camera-line = Camera file, row { $row }: { $problem }
camera-file-kind = its name must end in .csv or .toml
camera-file-large = it is larger than 256 MB
camera-file-not-text = it is not a text file; save it as “CSV UTF-8”
camera-file-encoding = it is not UTF-8 but apparently { $encoding }
camera-file-sample = Read that way, it says: “{ $sample }”
camera-file-read-as = Read it as { $encoding }
camera-file-no-camera = none of its rows can be used
error-camera-rows = { $count ->
    [one] { $count } row of the camera file has an error; the other cameras are open
   *[other] { $count } rows of the camera file have errors; the other cameras are open
  }
error-passwords-open = The password file { $file } can be read by others; set its mode to 600
error-missing-element = The GStreamer element { $element } is missing; install the package { $package }
error-no-footage = There is no demo footage
error-no-footage-hint = Prepare it with { $command }
notice-restarted-crash = Qyran was restarted at { $time } after a crash ({ $what })
notice-restarted-signal = signal { $number }
notice-restarted-exit = exit code { $number }
notice-restarted-still = Qyran was restarted at { $time }: it had stood still
notice-restarted-device = Qyran was restarted at { $time }: the graphics device was lost

## What is wrong with a field of the camera file

problem-empty = empty
problem-too-long = longer than { $most } characters
problem-bad-character = the character { $character } is not allowed
problem-not-a-number = not a number: { $value }
problem-out-of-range = { $value } is not between { $least } and { $most }
problem-unknown-word = unknown word { $value }; known: { $known }
problem-doubled = { $value } is there twice
problem-bad-address = not an address: { $value }
problem-address-has-password = the address holds a password; put it into the password file
problem-syntax = cannot be read: { $value }
problem-missing-column = the column is missing
problem-unknown-column = unknown column
problem-doubled-column = two columns have this name; the first counts
problem-open-quote = a quotation mark opens here and is not closed
problem-too-many-cells = more cells than the header has columns: { $most }

## Nothing to show

empty-no-cameras = No cameras yet: open a camera file or the demo city
empty-no-cameras-hint = { $command }

## Doctor: what this seat has

doctor-title = What this seat has
doctor-ready = The wall can run here
doctor-not-ready = The wall cannot run here yet
doctor-state-ok = ok
doctor-state-warn = warning
doctor-state-missing = missing
doctor-section-programs = Versions
doctor-section-graphics = Graphics
doctor-section-display = Monitors
doctor-section-media = Video
doctor-section-sound = Sound
doctor-section-machine = Machine
doctor-section-clock = Clock
doctor-section-folders = Folders and footage
doctor-hint-install = Install { $package }
doctor-hint-gpu = Install the driver of the graphics card, or { $package } for drawing in software
doctor-hint-gpu-software = Drawing is done by the processor; a graphics card and its driver take that load away
doctor-hint-display = Start in a graphical session, or set DISPLAY or WAYLAND_DISPLAY
doctor-hint-monitors-unknown = Install { $package } to see sizes and positions
doctor-hint-media = Install GStreamer: { $package }
doctor-hint-hardware-decoder = Video is decoded by the processor; { $package } may bring a decoder for the graphics card
doctor-hint-sound = Alarms cannot be heard: attach a sound card or loudspeakers and check the sound server
doctor-hint-cores = 45 cameras need at least { $cores } cores
doctor-hint-memory = 45 cameras need at least { $memory }
doctor-hint-clock = Switch on time synchronisation: recordings and cases are dated by this clock
doctor-hint-clock-unknown = Check by hand that this machine's clock is synchronised
doctor-hint-folder = Set HOME or XDG folders, or give --config and --data
doctor-hint-folder-unwritable = Give this user the right to write there
doctor-hint-footage = Only the demo needs it: prepare it with { $command }
doctor-hint-keyring = Passwords of cameras lie in a file; a keyring keeps them encrypted: install { $package }
doctor-hint-keyring-none-yet = Create a default keyring with the keyring program of the desktop, or log in with a password, which usually creates one
doctor-hint-keyring-locked = Unlock the keyring, as logging in usually does; until then passwords are read from the file only
doctor-hint-keyring-failed = Until this is put right, passwords are read from the file only
doctor-none = none
doctor-hint-models = Without it video analytics do not run; run models/fetch.py, or put the folder of a model into models beside the data

## Passwords of cameras

passwords-prompt = Password for { $name }
passwords-none = No passwords are stored
passwords-camera = camera
passwords-host = host
passwords-in-keyring = system keyring
passwords-in-file = password file
passwords-set-keyring = The password for { $name } is in the system keyring
passwords-set-file = The password for { $name } is in { $file }
passwords-forgotten = The password for { $name } is forgotten: { $places }
passwords-moved-keyring = { $count } moved to the system keyring; { $file } is removed
passwords-moved-file = { $count } moved to { $file }; the system keyring holds none
passwords-nothing-to-move = Nothing to move
passwords-keyring-missing = There is no system keyring: { $problem }
passwords-keyring-locked = The system keyring is locked; what it holds is not shown, used or changed
passwords-keyring-locked-wall = The system keyring is locked and its passwords are not known: unlock it and start the wall again
passwords-keyring-failed = The passwords of the system keyring are not used: { $problem }
passwords-keyring-silent = the system keyring does not answer within { $seconds } s

## The camera's card

card-title = Camera
card-link = Link
card-picture = Picture
card-load = Decoding
card-service = Service
card-reason = Reason
card-advice = What to do
card-matter = Where to look
card-stream = Stream
card-age = Display latency
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } ms
card-frames = Frames
card-counters = { $received } received, { $lost } packets lost, sessions: { $sessions }
card-minute = Last minute
card-breaks = disturbed { $percent } %, packets lost: { $lost }, pictures incomplete: { $concealed }, breaks: { $breaks }
card-clock = Camera clock
card-own-clock = Our clock
card-detectors = Detectors
card-looked = analysed { $age } ago
card-look-every = every { $seconds } s
card-look-counts = { $looks } frames analysed, { $passed } skipped, parts of the picture: { $parts }
card-no-look = not analysed yet
count-people = people { $count }
count-vehicles = vehicles { $count }
count-an-hour = in the last hour
count-watched = analysed { $percent } % of the time
count-not-watched = not analysed
count-chart = 24 hours; hatched: not analysed all the time
count-most = most { $count }
card-priority = Priority
card-priority-hint = When computing power is short, the rate of 5 is reduced first, that of 1 last
card-id = Id
card-firm = Maintained by
card-system = System
card-phone = Phone
card-day = 24 hours
card-good-share = reliable { $percent } % of the monitored time

## Clocks

clock-unknown = not told
clock-offset = { $sign }{ $seconds } s against ours
clock-hour = Not moved to UTC+5 in March 2024?
clock-uncertain = Uncertain: our clock is not synchronised
clock-own-yes = synchronised
clock-own-no = not synchronised
clock-own-unknown = synchronisation unknown

## Cameras that cannot be relied on

troubles-title = Problem cameras: { $count }
troubles-none = No problem cameras on this page.
notice-no-other-camera = There is no other camera to take its place.
command-card = Camera card
command-troubles = Problem cameras
command-replace = Replace with next
command-undo-replace = Undo replacement
command-accept-picture = Set as reference view
status-slowed = ◑ Reduced rate: { $count }

## Roles

role-inspector = video inspector
role-operator-102 = operator 102
role-senior = shift supervisor
role-chief = head of the centre
role-trainer = instructor
role-maintenance = camera technician
role-auditor = auditor
role-guest = guest
role-administrator = administrator
role-short-inspector = INSP
role-short-operator-102 = 102
role-short-senior = SUP
role-short-chief = HEAD
role-short-trainer = TRN
role-short-maintenance = TECH
role-short-auditor = AUD
role-short-guest = GST
role-short-administrator = ADM
roles-title = Who may do what
roles-yes = yes
roles-with-second = only with a second person beside, who has the right too
roles-no = no

## Rights

right-watch-live = watch cameras live
right-steer-cameras = steer cameras
right-review-recordings = review recordings
right-show-big-screen = show on the big screen
right-ask-access = request access to a private camera
right-approve-access = approve such a request
right-answer-alarms = answer alarms, SOS and messages
right-send-to-unit = forward to a duty unit
right-confirm-face = compare faces
right-send-face = hand over a possible match of faces
right-plan-lessons = plan a lesson with a dummy weapon
right-shelve-class = shelve a class of alarms
right-change-rules = change thresholds, lists, alarm classes
right-search-faces = search by a face
right-search-plates = search by a plate number
right-see-bracelets = see electronic bracelets
right-check-searches = check the purposes of searches
right-lift-masks = lift privacy masks
right-export-evidence = export evidence
right-hold-recordings = keep recordings for a case
right-erase-recordings = end a legal hold or delete early
right-keep-post = take a post and hand it over
right-plan-shifts = divide posts and breaks
right-take-over = take over cameras of another centre
right-see-statistics = see statistics
right-report-camera = ask for cleaning or repair of a camera
right-service-cameras = keep the list of cameras and tests
right-run-drills = run drills
right-read-log = read the audit log
right-manage-people = manage people
right-change-settings = change settings

## What people did, in the log

act-first-administrator = First administrator added
act-person-added = Person added
act-person-changed = Person's details changed
act-roles-changed = Roles changed
act-pin-changed = PIN changed
act-badges-changed = Badges changed
act-person-disabled = Account disabled
act-person-enabled = Account enabled
act-sign-in = Sign-in
act-sign-in-refused = Sign-in refused
act-sign-out = Sign-out
act-seat-locked = Seat locked
act-seat-unlocked = Seat unlocked
act-second-signed-in = Second person signed in
act-second-signed-out = Second person signed out
act-tries-swept = Old counts of wrong PINs removed

## Signing in

sign-in-wrong = Wrong login or PIN.
sign-in-wrong-rest = Wrong login or PIN. Next try in { $seconds } s.
sign-in-login-rests = Too many wrong tries with this login. Next try in { $seconds } s.
sign-in-seat-rests = Too many wrong tries at this seat. Next try in { $seconds } s.
sign-in-not-a-second = This person may not confirm it: another one with the same right must.
sign-in-door-unknown = The door terminal reports someone who may not sign in here.

## What is wrong with a name, a login or a PIN

name-empty = empty
name-too-short = shorter than { $least } characters
name-too-long = longer than { $most } characters
name-character = the character { $code } is not allowed
name-beginning = it must begin with a letter
name-alphabets = letters of two alphabets
pin-too-short = at least { $digits } digits or { $characters } characters
pin-too-long = longer than { $most } characters
pin-character = it has an invisible character
pin-repeated = it repeats itself
pin-row = it is a row of digits, letters or keys
pin-date = it is a date
pin-common = many people take this one
pin-name = it has the name or the login in it
pin-same = it is the same as before

## Why something is not done with a person

refusal-no-right = The right is missing: { $right }
refusal-no-such-person = There is no such person.
refusal-name = Name: { $problem }
refusal-login = Login: { $problem }
refusal-login-given = The login { $login } or one that looks the same is taken.
refusal-pin = PIN: { $problem }
refusal-own-roles = You cannot change your own roles.
refusal-roles-none = At least one role is needed.
refusal-roles-alone = The role goes with no other: { $role }
refusal-roles-apart = These roles do not go together: { $one }, { $other }
refusal-last-administrator = One administrator must remain.
refusal-not-the-first = There is an administrator already.
refusal-nothing-to-do = Nothing changes.
refusal-badge = This is no badge number.
refusal-badge-given = Someone else has this badge.
refusal-too-many-badges = More than { $most } badges

## Posts, breaks, handover and claims

act-post-saved = Post changed
act-post-removed = Post removed
act-post-taken = Post taken
act-post-stood-down = Post stood down: nobody watches
act-card-written = Added to the watch-for-today list
act-card-struck = Removed from the watch-for-today list
act-cover-offered = Cover for a break asked for
act-cover-accepted = Cover accepted
act-cover-refused = Cover declined
act-cover-withdrawn = Cover request withdrawn
act-cover-expired = Cover request not answered
act-cover-asked-back = Set asked back after a break
act-cover-returned = Set returned
act-cover-lost = Stand-in’s seat offline, set returned
act-cover-kept = Covered set kept
act-break-reminded = Break reminder
act-handover-drafted = Shift handover begun
act-handover-refreshed = Handover items updated
act-handover-noted = Handover note added
act-handover-offered = Shift handover offered
act-handover-declined = Shift handover declined
act-handover-withdrawn = Shift handover withdrawn
act-handover-opened = Shift handover opened for reading
act-handover-read = Handover items read
act-handover-finished = Shift handed over
act-claim-taken = Taken in hand
act-claim-released = Released
act-claim-asked = Take-over requested
act-claim-ask-withdrawn = Take-over request withdrawn
act-claim-granted = Take-over granted
act-claim-denied = Take-over denied
act-claim-taken-over = Taken over from another centre
act-claim-given-back = Given back to its centre
act-claim-recalled = Recalled from another centre
refusal-unknown = It is no longer there.
refusal-other-centre = It belongs to another centre.
refusal-own-centre = It belongs to your own centre: take it.
refusal-not-for-you = Someone else has to do this.
refusal-yourself = You cannot hand it over to yourself.
refusal-not-holder = You hold no post.
refusal-held-by-another = Someone else already has it.
refusal-already-yours = You already have it.
refusal-on-break = You are on a break: return first.
refusal-they-on-break = This colleague is on a break.
refusal-offer-open = Your earlier request is still open.
refusal-handover-open = Your handover is already open.
refusal-covers-others = You stand in for a colleague: return that set first.
refusal-covered = The post is covered during a break.
refusal-held = The post is already held.
refusal-not-now = It has changed meanwhile: look again.
refusal-expired = The time for this is over.
refusal-still-stands = The request is still open.
refusal-changed = The posts have changed meanwhile: ask again.
refusal-still-there = The colleague is present and has to confirm.
refusal-not-there = The colleague is not present.
refusal-too-many-posts = Posts for one person: at most { $most }
refusal-unread = Critical items unread: { $count }
refusal-one-at-a-time = Critical items are confirmed one at a time.
refusal-empty = Nothing is written.
refusal-too-long = Too long: at most { $most } characters
refusal-too-many = Too many: at most { $most }
refusal-doubled = Camera { $camera } is in two sets and is not marked as shared.
refusal-lent = Another centre has it.
cover-offered = asked
cover-running = running
cover-asked-back = asked back
cover-returned = returned
cover-refused = declined
cover-withdrawn = withdrawn
cover-expired = not answered
cover-lost = stand-in offline
cover-kept = kept
notice-cover-offered = { $name } asks you to stand in during a break
notice-cover-asked-back = { $name } is back: return the set
notice-cover-accepted = { $name } stands in for you
notice-cover-refused = { $name } declined to stand in
notice-cover-expired = { $name } did not answer
notice-cover-returned = { $name } returned your set
notice-cover-lost = { $name }’s seat is offline: your set is yours again and nobody is watching it
notice-cover-kept = { $name } keeps your set
seat-present = present
seat-on-break = on a break
seat-locked = locked
seat-away = away
sight-free = Post not taken
sight-seen = Watched
sight-gone = Not watched: seat offline
sight-on-break = Not watched: on a break
sight-locked = Not watched: seat locked
sight-away = Not watched: officer away
sight-shows-another = Not watched: the seat shows another set
eye-watched = watched
eye-rotating = rotating
eye-unwatched = unwatched
request-asked = requested
request-taken = taken over
request-given-back = given back
request-withdrawn = withdrawn
watching-spot = { $minutes } min on enlarged pictures: look elsewhere or take a break
watching-long = { $minutes } min of watching without a break: take one
item-attention = Special attention
item-open-cover = Open cover
item-open-alarm = Open alarm
item-open-case = Open case
item-shelved = Shelved alarm
item-note = Note
item-dead-camera = Problem camera
item-other = Other
item-stands-in-for = stands in for { $name }
item-the-rest = and { $count } more
handover-title = Shift handover
handover-draft = being prepared
handover-offered = offered
handover-reading = being read
handover-finished = finished
handover-withdrawn = withdrawn
handover-from = Hands over
handover-to = Takes over
handover-posts = Posts
handover-state = State
handover-day = In 24 hours
handover-critical = Critical
handover-unread = unread
handover-more = And more: { $kinds }
handover-signed-from = Handed over
handover-signed-to = Taken over
handover-printed = Printed { $at }

# The seat: signing in, the shift
seat-somebody-was-first = Someone else changed this first. Check what it is now.
seat-not-allowed = You may not do this: { $right }
seat-no-store = Data is not being saved: { $problem }
seat-unreadable = Written by a newer version: { $count }
seat-store-of-the-centre = the centre's store
seat-not-reached-yet = not reached yet
seat-centre-away = No connection to the centre; waiting to be sent: { $count }
seat-conflicts = Rejected by the centre: { $count }
sign-in-title = Sign in
sign-in-first = First start
sign-in-first-why = No users yet. The first account is the administrator’s.
sign-in-locked = Locked: { $name }
sign-in-new-pin = Choose a PIN of your own
sign-in-opening = Opening the data store…
sign-in-name = Name
sign-in-login = Login
sign-in-pin = PIN or password
sign-in-pin-again = The same again
sign-in-pins-differ = The two are not the same.
sign-in-go = Sign in
sign-in-unlock = Unlock
sign-in-take-pin = Save PIN
sign-in-make-first = Create administrator
sign-in-busy = Checking…
sign-in-demo = Demonstration: { $logins }; PIN { $pin }
command-shift = Shift and posts
command-lock = Lock the seat
command-sign-out = Sign out
shift-title = Shift and posts
shift-nobody = Nobody is signed in.
shift-posts = Posts
shift-sounds-tested = Sounds tested at { $at }: all were played.
shift-sounds-not-heard = The test of the sounds was not heard to its end.
shift-sounds-untested = You have not tested the sounds in this shift.
shift-no-posts = There are no posts yet.
shift-cameras = { $count ->
    [one] { $count } camera
   *[other] { $count } cameras
    }
shift-free = free
shift-stands-in = in place of { $name }, { $age }
shift-take = Take
shift-break = Break
shift-i-am-back = I am back
shift-waits = Waiting for the answer
shift-asked = { $name } was asked to stand in
shift-withdraw = Withdraw
shift-ask-whom = Ask to stand in:
shift-holds-nothing = You hold no post.
shift-no-colleague = No colleague is there.
shift-accept = Accept
shift-refuse = Decline
shift-give-back = Return the set
shift-seats = Seats
shift-empty = nobody
shift-gone = no contact for { $age }
handover-begin = Begin the handover
handover-how-far = { $state } · items: { $count }, unread: { $unread }
handover-note-hint = What the next shift should know
handover-add-note = Add
handover-to-whom = Hand over to:
handover-open = Open
handover-read = Mark as read
handover-finish = Accept the shift
handover-critical-left = Critical items not read: { $count }
handover-last = Last: { $from } → { $to }
handover-print = Page to print
handover-page-written = The page to print: { $file }
act-people-founded = Demo people created
act-enlarged = Camera shown large
act-clock-stepped = Clock of the seat was set
act-wall-opened = Wall opened
act-wall-restarted = Wall restarted after a failure
act-wall-closed = Wall closed
demo-post = Post { $number }

## The check of the log

log-place-store = beside the log
log-place-witness = at the second place { $name }
log-changed = Line { $index } was changed: its text and its hash do not match
log-missing-one = Line { $index } is missing
log-missing = Lines { $from } to { $to } are missing
log-doubled = There is a second line { $index }
log-repeated = Line { $index } repeats the act of line { $first }
log-moved = Lines { $from } to { $to } are in the wrong place: the first has the number { $says }
log-unreadable = Line { $index } is not a line of the log
log-root-differs = Among lines { $from } to { $to } something was changed, removed or inserted: the checkpoint of { $key } ({ $place }) does not match
log-not-extension = The checkpoint of { $size } lines signed by { $key } ({ $place }) is from another history: lines from { $from } on were rewritten
log-signature-bad = Invalid signatures in the name of { $key } ({ $place }): { $count }, at sizes { $size } to { $last }
log-unknown-key = Checkpoints signed by an unknown key { $key } ({ $place }): { $count }, at sizes { $size } to { $last }
log-checkpoint-unreadable = The checkpoint of { $size } lines ({ $place }) cannot be read
log-checkpoint-unreadable-some = A checkpoint ({ $place }) cannot be read
log-checkpoint-moved = The checkpoint kept for { $size } lines is of { $says } lines
log-other-log = A checkpoint ({ $place }) belongs to another log: { $origin }
log-rolled-back = The log was rolled back: { $key } signed { $known } lines ({ $place }), now there are { $is }
log-head-differs = The store says that the log has { $says } lines, it has { $is }
log-head-differs-within = The hash tree in the store differs within lines { $from } to { $to }
log-head-unreadable = The hash tree in the store cannot be read
log-unsigned = Lines { $from } to { $to } are not signed by any known key
log-record-differs = The record { $kind } { $id } does not match line { $index }
log-record-missing = The record { $kind } { $id } that line { $index } wrote last is missing
log-record-unknown = The record { $kind } { $id } is not in the log
log-report-clean = The log is whole: { $lines } lines agree with { $compared } signed checkpoints
log-report-harmed = The log is not whole: findings { $count }. Of { $lines } lines the first { $proved } are proved (lines are numbered from 0)
act-seat-key-registered = Signing key of a seat registered
act-settings-changed = Settings changed
audit-proved = Proved: line { $line } stands in { $origin }, of { $size } lines, signed by { $signers }.

## The centre: people, posts, log, what was refused

command-rules = Rules of the selected camera
command-centre = Centre: people, posts, log
centre-people = People
centre-posts = Posts
centre-log = Log
centre-conflicts = Rejected
centre-roles = Roles
roles-legend = ✓ yes · 2 with a second person · a dot: no
people-new = New person
people-disabled = may not sign in
people-must-change = chooses a new PIN at the next sign-in
people-save = Save
people-roles = Roles
people-save-roles = Save the roles
people-pin = PIN
people-pin-hint = Temporary: must be changed at the first sign-in.
people-add = Add
people-set-pin = Set the PIN
people-badges = Badges: { $count }
people-badge = Badge number
people-add-badge = Add the badge
people-remove-badges = Remove all badges
people-enable = Allow sign-in
people-disable = Block sign-in
conflicts-hint = Done at this seat while the centre could not be reached, and rejected by the centre because someone else had changed the same thing first. None of this took effect.
conflicts-none = Nothing was rejected.
conflicts-nobody = the program
conflicts-now = Now: { $who }
conflicts-first = Someone else had already changed it at the centre.
conflicts-seen = Mark as read
log-page-all = all
log-page-hour = last hour
log-page-shift = last 12 hours
log-page-day = last 24 hours
log-page-week = last 7 days
log-page-month = last 30 days
log-page-period = Period
log-page-who = Who
log-page-act = Act
log-page-seat = Seat
log-page-line = Line
log-page-time = Time
log-page-about = About
log-page-detail = Details
log-page-text = Text in any column
log-page-again = Refresh
log-page-write = Export CSV
log-page-verify = Check the log
log-page-working = Working…
log-page-reading = Reading…
log-page-none = No such lines.
log-page-more = Older lines
log-page-unread = Lines that cannot be read: { $count }
log-page-written = Lines written: { $lines }. The file: { $file }
log-page-key-unread = The key of { $seat } cannot be read: { $problem }
posts-new = New post
posts-at-once = Cameras on screen at once (0 = all)
posts-rotate = Rotate every, s (0 = off)
posts-classes = Classes of alarms, separated by commas
posts-set = Cameras of the set: { $count }
posts-not-in-the-list = not in this seat's list
posts-search = Search for a camera
posts-add-all = Add these: { $count }
posts-save = Save
posts-remove = Remove the post
posts-stand-down = Stand it down
posts-card = Watch for today
posts-card-hint = What to look for
posts-card-add = Add to the list
act-mask-lifted = Mask lifted
act-mask-lowered = Mask back
act-log-exported = Log written as a file
act-log-verified = Log checked
act-noticed = Noticed by the detectors
card-mask-lifted = The mask is lifted: { $left } left
command-lift-mask = Lift the mask
command-lower-mask = Mask it again
sign-in-second = A second person
sign-in-second-why = This needs two people: someone else with the right “{ $right }” confirms with their own PIN.
sign-in-confirm = Confirm
sign-in-cancel = Cancel
shift-without-break = { $minutes } min without a break
shift-not-in-the-list = Cameras not in this seat's list: { $count }
troubles-taken = ● { $name } has it in hand
troubles-take = Assign to me
troubles-let-go = Release
keep-there = { $place } is there already; nothing was written
keep-foreign = { $place } is no backup of this program
keep-newer = { $place } was written by a newer program (format { $found }, this one knows { $known })
keep-line = { $place } is damaged at line { $line }: { $why }
keep-block = { $place } is damaged somewhere from line { $from } to line { $to }
keep-short = { $place } ends too early, behind line { $line }
keep-long = { $place } goes on behind its end, at line { $line }
keep-files = { $place } is missing, or does not belong to this export
keep-damage = { $place } is damaged: { $said }
keep-record-changed = Record { $kind } { $id } (version { $version }) is not what line { $line } of the log says: it was changed past the log
keep-record-version = Record { $kind } { $id } has version { $version }, line { $line } of the log says { $logged }
keep-record-removed = Record { $kind } { $id } is gone; line { $line } of the log changed it last
keep-record-unlogged = Record { $kind } { $id } (version { $version }) is not in the log
keep-columns = Line { $line } of the log: its columns in the database do not match its text
keep-key = The signing key in record { $kind } { $id } cannot be read
keep-waiting = Actions that the centre does not have yet: { $count }, in { $place }
keep-conflicts = Actions that the centre rejected and nobody has looked at: { $count }, in { $place }
keep-other-store = { $place } mirrors the store { $mirrors }, and this is { $store }
keep-seen-more = { $place } has seen { $seen } lines of the log, there are { $is }
keep-more = Further findings about records: { $count }
keep-checked = { $place }: records { $records }, lines of the log { $lines } were compared
keep-all-well = Nothing is wrong
keep-copied = { $place } is written and was read back: records { $records }, lines of the log { $lines } of { $size }
keep-copied-harm = The copy is exact, but the store itself is damaged. Findings: { $count }
keep-not-restored = Nothing was written: the data was already damaged when it was backed up. Findings: { $count } ({ $option } restores it anyway)
keep-restored = The store { $store } is back as it was on { $time }: records { $records }, lines of the log { $lines }
keep-logins-restored = Seats' logins are saved: { $count }. On a new server { $command } creates them again
keep-logins-aside = Logins of a centre are kept aside for a later centre: { $count }
keep-no-centre = Which database is to be made ready? Name it with { $option }
keep-ready = { $place } is ready for seats
keep-prepared = Seats made: { $new }, as they were: { $there }, in { $place }
keep-seat-made = { $seat }: login { $login }, settings in { $place }
keep-login-unknown = { $seat }: the login { $login } is there, and its password is not in { $place }; nothing was changed
keep-login-other = { $seat }: the login { $login } is there and is not this centre's seat; nothing was changed
keep-seats-fault = { $place } line { $line }: { $problem }
keep-seats-fault-field = { $place } line { $line }, { $field }: { $problem }
keep-seats-missing = must be there
keep-seats-unknown = is not known
keep-seats-text = must be a text in quotes
keep-seats-name = must be a name of 1 to 64 bytes
keep-seats-login = must be lower-case Latin letters, digits and _, beginning with a letter
keep-seats-folder = must be letters, digits, spaces, . _ and -
keep-seats-doubled = “{ $what }” is another seat's already
keep-seats-none = there are no seats

## What the store says

store-full = { $place }: the disk is full; nothing new is saved there until there is room.
store-not-writable = { $place }: cannot be written ({ $why }).
store-damaged = { $place }: is damaged ({ $why }). Put a copy of it from before in its place.
store-foreign = { $place }: is no store of this program.
store-newer = { $place }: was written by a newer program (schema { $found }; this one knows { $known }). Nothing was changed.
store-busy = { $place }: is in use by another program.
store-away = { $place }: cannot be reached ({ $why }).
store-refused = { $place }: refuses ({ $why }).
store-address = The store's address is not understood ({ $why }).
store-engine = { $place }: { $why }.
store-not-empty = { $place }: there is something already; only an empty place is written to.
store-closed = The store is closed.

## Rules: what the program is to notice

rule-zone = Zone entered
rule-line = Line crossed
rule-counting = Counting line
rule-dwell = Loitering
rule-count = People count
rule-crowd = Crowd
rule-wrong-way = Wrong direction
rule-left = Abandoned object
rule-removed = Object removed
rule-litter = Litter
rule-yield = Failure to yield
rule-closed = Closed area
rule-stopped = Vehicle stopped
rule-blade = Bladed weapon
fact-zone = Someone has entered the zone
fact-line = The line was crossed
fact-counting = Counted at the line
fact-dwell = Someone is loitering
fact-count = People in the zone
fact-crowd = A crowd has gathered
fact-wrong-way = Moving in the wrong direction
fact-left = An object was left behind
fact-removed = An object was removed
fact-litter = Litter was dropped
fact-yield = A vehicle did not yield to a pedestrian
fact-closed = Someone is in a closed area
fact-stopped = A vehicle has stopped
fact-blade = An object like a weapon is seen
direction-either = both directions
direction-left-to-right = left to right
direction-right-to-left = right to left
day-mon = Mon
day-tue = Tue
day-wed = Wed
day-thu = Thu
day-fri = Fri
day-sat = Sat
day-sun = Sun
sight-unknown = No people in view yet: cannot be judged
sight-here = Enough detail to detect a blade
sight-in-main = Enough detail for a blade in the main stream only
sight-nowhere = Not enough detail for a blade
rule-field-least-score = Least certainty
rule-field-least-height = Least height
rule-field-least-pixels = Least height in pixels
rule-field-priority = Priority
rule-field-looks = Frames analysed per second
rule-field-tiles = Number of tiles
rule-field-confirm-looks = Frames to confirm
rule-field-confirm-seconds = Seconds to confirm
rule-field-cooldown = Pause between messages, s
rule-field-seconds = Time, s
rule-field-over = Number of people
rule-fault-id = The rule's id is empty, too long or has a character that is not allowed
rule-fault-camera = The camera's id is empty, too long or has a character that is not allowed
rule-fault-long-name = The name is longer than { $most } characters
rule-fault-few-points = The zone has { $count } points; at least 3 are needed
rule-fault-many-points = The zone has more than { $most } points
rule-fault-point-no-number = Point { $point } is no number
rule-fault-point-outside = Point { $point } lies outside the picture
rule-fault-same-point = Points { $first } and { $second } lie in the same place
rule-fault-crosses = The edge from point { $first } crosses the edge from point { $second }
rule-fault-no-area = The zone has no area
rule-fault-line-short = The line's ends lie in the same place
rule-fault-part = The part of the picture to look at is empty or lies outside
rule-fault-no-direction = Choose the one direction that is allowed
rule-fault-many-classes = There are more than { $most } classes
rule-fault-class = A class has no name or a name longer than { $most } characters
rule-fault-many-spans = The schedule has more than { $most } spans
rule-fault-empty-span = Span { $span } of the schedule is empty
rule-fault-range = { $field } must be from { $least } to { $most }
rules-syntax = line { $line }: { $why }
rules-too-long = the file is longer than { $most } bytes
rules-too-many = the file has more than { $most } rules
rules-newer = the file was written by a newer program (format { $found }; this one knows { $known })
rules-missing = must be there
rules-unknown = is not known
rules-unknown-kind = there is no rule of the kind “{ $kind }”
rules-wrong = cannot be understood ({ $why })
rules-doubled = another rule of this camera has it
rules-at-field = { $field }: { $problem }
rules-at-rule = Rule { $number } ({ $id }): { $problem }
rules-at-rule-field = Rule { $number } ({ $id }), { $field }: { $problem }
act-rule-saved = Rule of a camera changed
act-rule-removed = Rule of a camera removed

## Rules of a camera

rules-title = Rules
rules-none = Nothing is watched for on this camera.
rules-add = Add
rules-on = on
rules-off = off
rules-of-file = from the rule file
rules-of-place = by the kind of place
rules-drawn-elsewhere = Unsaved rule of { $camera }
rules-hint-keys = Drag points, edges or the whole. PgUp, PgDn: next point; arrows: move it (Shift: finely); Ins, Del: add, take out; Ctrl+Enter: save.
rules-enabled = Switched on
rules-name = Name
rules-over = More than
rules-seconds = Seconds
rules-way-along = Against an arrow in a zone
rules-way-across = Over a line; allowed is:
rules-turn = Turn the line round
rules-now = Now in the zone: { $count }
rules-tried = Test: what the rule would detect now
rules-tried-nothing = Nothing so far
rules-goes-on = ongoing
rules-classes = What it looks for
rules-how-sure = How sure, how large
rules-least-score = Least score
rules-least-height = Least height, share of the picture
rules-source = Which picture
rules-source-sub = Sub-stream
rules-source-main = Main stream
rules-source-tiles = Main stream in 4 parts
rules-source-tiles-more = Main stream in 6 parts
rules-source-other = A part of the main stream
rules-schedule = When
rules-always = Always
rules-from = from
rules-to = to
rules-span-add = Add hours
rules-span-away = Remove these hours
rules-save = Save
rules-back = Back
rules-leave = Close
rules-leave-sure = Discard changes
rules-would-be-lost = What was drawn is not saved
rules-remove = Remove
rules-remove-sure = Yes, remove
rules-corner = Corner { $number }
rules-end = End { $number } of the line
rules-edge = Add a corner behind corner { $number }
rules-whole-zone = The whole zone
rules-whole-line = The whole line
rules-changed-elsewhere = Someone else has changed this rule meanwhile. Repeat to replace it with yours.
rules-not-of-the-store = This rule cannot be removed here; switch it off instead
rules-no-store = Rule not saved: this seat has no data store

# Alarms.
alarms-title = Alarms: { $count }
alarms-queue = Queue
alarms-asked = Second opinion
alarms-history = History
alarms-figures = Figures
alarms-aside = Suppressed
alarms-none = No active alarms.
alarms-none-asked = No alarm is waiting for a second opinion.
alarms-none-found = No such alarms were found.
alarms-none-week = There were no alarms this week.
alarms-put-aside = Suppressed: silent, still recorded
alarms-together = { $count } together
alarms-of-centre = of the centre { $centre }
alarms-chatter = chattering
alarms-stale = stale: open > 24 h
alarms-flood = Alarm flood: { $count } in 10 minutes. Grouped by place and class; critical alarms stay separate.
alarms-not-kept = Not saved yet: { $class } { $camera } ({ $count })
alarms-not-kept-more = Others not saved yet: { $count }
alarms-no-sound = NO SOUND since { $since }: alarms cannot be heard. { $why }
alarms-only-in-memory = No disk takes what is not recorded yet: do not close the program
alarms-lost = LOST: { $count }. More happened than can wait to be recorded; the least urgent went first
alarm-waits-for-record = Not recorded yet
alarms-find = Find: camera, place, number, word
alarms-purpose = Purpose of the search, for the log
alarms-class = Class
alarms-verdict = Verdict
alarms-ten-minutes = In the last ten minutes
alarms-hour = In the last hour
alarms-flood-share = Share of time in flood (12 hours)
alarms-stale-count = Open for more than a day
alarms-percent = { $value } %
alarms-band-acceptable = An acceptable load for one operator.
alarms-band-manageable = One operator can still manage this.
alarms-band-too-many = Too many for one operator.
alarms-limits = Up to { $acceptable } an hour is acceptable, up to { $manageable } manageable; { $flood } or more in ten minutes is a flood.
alarms-in-memory = Pre-alarm buffer
alarms-in-memory-held = { $held } of { $cap } MiB · { $streams } streams, at least { $seconds } s each
alarms-test-sounds = Test sounds
alarms-noisiest = Most frequent this week
alarm-unacknowledged = unacknowledged
alarm-returned = cleared, unacknowledged
alarm-acknowledged = acknowledged
alarm-latched = cleared, needs a verdict
alarm-ended = closed
alarm-shelved = shelved
alarm-planned = planned lesson
alarm-out-of-service = out of service
alarm-acknowledge = Acknowledge
alarm-take-over = Take over
alarm-pass = Forward
alarm-pass-to = Forward to:
alarm-passed-to = Forwarded to { $to }
alarm-shelve = Shelve
alarm-shelve-why = Shelve for { $minutes } min. Reason:
alarm-reject-why = Reason for rejecting:
alarm-leave = Cancel
alarm-recording = Recording
alarm-recorded = RECORDING { $from } – { $to }
alarm-not-recorded = Recording not saved: { $why }
alarm-crop = Detected at { $at }
alarm-near = Nearby camera
alarm-recorded-as-it-came = The stream is kept as it came: no recording could be put together from it
alarm-times = { $count } times, last at { $last }
alarm-precision = { $right } of the last { $settled } on this camera were confirmed
alarm-two-answers = Two officers decide independently; the score and the first answer are hidden.
alarms-elsewhere = Other centres (silent here)
across-of = This alarm belongs to { $centre }.
across-who-may = The shift supervisor or the head of the centre may request it.
across-ask = Request
across-withdraw = Withdraw request
across-take = Take it over
across-grant = Release to them
across-keep = Keep it
across-recall = Take it back
across-give-back = Give it back
across-ask-why = Reason for the request:
across-wants = { $centre } ({ $seat }) requests it: { $reason }
across-asked = requested at { $at }; no answer from { $centre } yet
across-may-take = released; { $centre } may take it over
across-granted = { $centre } has released it to you
across-has = with { $centre } ({ $seat }) since { $at }
across-from = taken over from { $centre } at { $at }
across-gave-back = { $centre } gave it back at { $at }
across-given-back = given back to { $centre } at { $at }
across-recalled = { $centre } took it back
across-recalled-here = taken back from { $centre }
across-kept-here = request of { $centre } declined
across-kept-there = { $centre } declined the request
ask-near = Our patrol is nearer
ask-comes-here = Moving to our area
ask-same-matter = Part of our case
ask-by-telephone = Agreed by telephone
alarm-refused-taken = Someone else already has it.
alarm-refused-verdict = This class has no such verdict.
alarm-refused-two-answers = Can be forwarded only when two officers have independently given the same answer.
alarm-refused-same-person = The second answer must come from another officer.
alarm-refused-reason = A reason is required.
alarm-refused-critical = A critical alarm cannot be shelved.
alarm-refused-too-long = Longer than may be shelved.
alarm-refused-over = This alarm is already closed.
alarm-refused-elsewhere = This alarm belongs to another centre.
verdict-real = Confirmed
alarm-refused-everything = Name a class or a camera: everything cannot be taken out of service.
alarm-refused-unreadable = A newer version of the program wrote it: only its basics can be shown. Update this seat.
alarm-refused-not-recorded = It is not recorded yet. Try again when the store is back.
verdict-no-threat = No threat
verdict-training-aid = Training dummy
verdict-unsure = Second opinion
priority-critical = Critical
priority-high = High
priority-medium = Medium
priority-low = Low
pass-duty-unit = Duty unit
pass-traffic-police = Patrol police
pass-probation = Probation service
pass-site = Site contact
reason-works = Works in progress
reason-known = The cause is known
reason-wrong = False detection
reason-weather = Weather
aside-shelves = Shelved
aside-lessons = Planned lessons
aside-out-of-service = Out of service
aside-none = None.
aside-end = Re-enable
aside-cancel = Cancel
aside-plan = Plan the lesson
aside-plan-for = A new lesson, camera: { $camera }
aside-begins = Begins
aside-lasts = Lasts
aside-now = now
aside-in-minutes = in { $minutes } minutes
aside-minutes = { $minutes } min
aside-reason = Why: class, teacher
aside-take-out = Take out of service
status-alarms = Alarms: { $count }
status-no-sound = NO SOUND
command-alarms = Alarms
command-first-alarm = The most urgent alarm
act-alarm-raised = Alarm raised
act-alarm-repeated = Alarm repeated
act-alarm-returned = Alarm condition cleared
act-alarm-acknowledged = Alarm acknowledged
act-alarm-judged = Verdict on an alarm
act-alarm-passed = Alarm forwarded
act-alarm-taken-over = Alarm taken over
act-alarm-span-kept = Alarm recording saved
act-alarm-shelved = Alarm shelved
act-alarm-unshelved = Alarm unshelved
act-lesson-planned = Lesson planned
act-lesson-cancelled = Lesson cancelled
act-alarms-out-of-service = Alarms taken out of service
act-alarms-in-service = Alarms back in service
act-event-kept = Event recorded
act-occurrences-lost = Events lost: no room
act-history-searched = Past alarms searched
act-sound-tested = Sounds tested

## Events of the outside world
outside-remark-future = The source’s clock is { $seconds } s ahead; time of arrival used
outside-remark-late = Received { $seconds } s late
outside-remark-ancient = Received { $seconds } s late: stored without an alarm
outside-remark-unknown-camera = The source names a camera that is not known here: { $camera }
outside-remark-no-fix = The source sent no position
outside-remark-neutralised = Hidden characters in the text were replaced
outside-remark-still-lost = The picture could not be saved; the event is stored without it

# qyran probe: what a camera says, and what was tolerated
probe-head = { $host } ({ $scheme })
probe-password = Password:
probe-connected = Connected to { $peer }
probe-certificate = Certificate, SHA-256: { $fingerprint }
probe-answered = { $method }: { $status } after { $ms } ms
probe-video = Video
probe-audio = Sound
probe-loudspeaker = Loudspeaker
probe-other = Other data
probe-offered = { $medium }: { $codec }
probe-offered-unknown = { $medium }: { $codec } (not supported)
probe-overlooked = Tolerated: { $what }
probe-overlooked-often = Tolerated, { $count } ×: { $what }
probe-no-stream = No stream: { $reason }
probe-stream = Stream: { $codec }, { $size }, over { $transport }
probe-rate = Rate: { $rate } frames per second (stated: { $told }), { $kbit } kbit/s
probe-keyframes = Keyframes: { $count }, the first { $first }, at most { $group } frames apart
probe-pictures = Decoded: { $count }, of these disturbed: { $disturbed }, the first { $first }; decoder: { $decoder }
probe-after = after { $seconds } s
probe-never = never
probe-not-told = not stated
probe-loss = Packets lost: { $lost }, time jumps: { $jumps }
probe-clock = Camera clock: { $seconds } s ahead of this computer
probe-no-clock = Camera clock: not stated
probe-undecodable = The decoder reports: { $error }
probe-written = Report written to { $file }
probe-shows-live = Qyran will show this camera live
probe-shows-disturbed = Qyran will show this camera and mark its picture as disturbed
probe-shows-waiting = Qyran will wait for a keyframe; try a longer time (--seconds)
probe-shows-breaks = Qyran will show this camera with interruptions
probe-shows-nothing = Qyran cannot show this camera
leniency-resynchronised = stray bytes between messages
leniency-odd-head = irregular message headers
leniency-other-cseq = answers with a wrong number
leniency-body-length = wrong body length
leniency-odd-sdp = irregular stream description (SDP)
leniency-guessed-codec = codec not named, recognised by its parameters
leniency-other-control = stream found at another address than stated
leniency-odd-transport = irregular answer about the transport
leniency-no-session = no session number
leniency-other-transport = the other transport was used
leniency-keepalive-refused = keepalives refused or not answered
leniency-new-challenge = repeated login requests
leniency-new-connection = a new connection was needed
leniency-server-request = requests from the camera
leniency-strange-channel = packets on channels not agreed
leniency-strange-sender = packets from other senders
leniency-bad-packet = malformed packets
leniency-other-payload-type = another payload type than stated
leniency-other-ssrc = the sender number changes
leniency-odd-sequence = packet numbers do not count up
leniency-odd-time = jumps in stream time
leniency-bad-report = malformed sender reports
leniency-odd-mark = picture ends marked wrongly
leniency-start-codes = start codes inside packets
leniency-odd-fragment = irregular fragments
leniency-odd-parameter-sets = unusable parameter sets in the description
leniency-odd-jpeg = irregular JPEG headers
leniency-odd-audio = incomplete description of the sound
leniency-too-large = data above a limit, discarded

# qyran certificates
certificates-none = No certificates are stored
certificates-forgotten = { $host }: certificate removed, the next one will be trusted
certificates-unknown = { $host }: no certificate stored
card-overlooked = Tolerated
leniency-connection-closed = closes its control connection while packets arrive
leniency-play-unanswered = the start of playback is not confirmed
