### Qyran in English. Terms: docs/glossary.md.

## The program

app-name = Qyran
app-tagline = A video wall for operative control centres

## A tile: the link to the camera

link-connecting = connecting
link-live = live
link-late = late
link-lost = link lost
link-refused = refused
link-backoff = will reconnect

## A tile: the picture

picture-good = picture good
picture-frozen = frozen
picture-black = black picture
picture-lost = no picture
picture-blurred = blurred
picture-moved = camera moved

## A tile: administration

admin-in-service = in service
admin-in-repair = in repair
admin-masked = masked
admin-access-closed = access closed

## A tile: load

load-full = full rate
load-slowed = slowed down
load-keyframes = keyframes only
load-paused = paused

## Why a tile is not live

reason-no-answer = no answer
reason-connection-refused = connection refused
reason-wrong-password = wrong user or password
reason-not-found = no such stream
reason-no-video = no video in the stream
reason-unsupported-codec = codec not supported: { $codec }
reason-decode-failed = decoding failed
reason-decoder-restarted = decoder restarted
reason-silent = nothing received for { $seconds } s
reason-server-unavailable = server unavailable
reason-protocol-error = protocol error
reason-waiting-keyframe = waiting for a keyframe
reason-connection-closed = connection closed
reason-unknown-host = unknown host
reason-password-missing = password needed
reason-file = file cannot be read
reason-no-address = no address
reason-retry-in = next try in { $seconds } s

## Age of a picture

age-seconds = { $seconds } s
age-minutes = { $minutes } min
age-hours = { $hours } h
age-ago = { $age } ago

## The status line

status-feeds = Live { $live } of { $total }
status-frames = Frames { $shown } of { $due }
status-dropped = Dropped { $frames }
status-processor = Processor { $cores } cores
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
problem-doubled = { $value } stands there twice
problem-bad-address = not an address: { $value }
problem-address-has-password = the address holds a password; put it into the password file
problem-syntax = cannot be read: { $value }
problem-missing-column = the column is missing
problem-unknown-column = unknown column

## Nothing to show

empty-no-cameras = No cameras yet: open a camera file or the demo city
empty-no-cameras-hint = { $command }

## Doctor: what this seat has

doctor-title = What this seat has
doctor-ready = The wall can run here
doctor-not-ready = The wall cannot run here yet
doctor-state-ok = ok
doctor-state-warn = note
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
doctor-hint-cores = 45 cameras want at least { $cores } cores
doctor-hint-memory = 45 cameras want at least { $memory }
doctor-hint-clock = Switch on time synchronisation: recordings and cases are dated by this clock
doctor-hint-clock-unknown = Check by hand that this machine's clock is synchronised
doctor-hint-folder = Set HOME or XDG folders, or give --config and --data
doctor-hint-folder-unwritable = Give this user the right to write there
doctor-hint-footage = Only the demo needs it: prepare it with { $command }
doctor-hint-keyring = Passwords of cameras lie in a file; a keyring keeps them encrypted: install { $package }
doctor-hint-keyring-none-yet = Create a default keyring with the keyring program of the desktop, or log in with a password, which usually creates one
doctor-hint-keyring-locked = Unlock the keyring, as logging in usually does; until then passwords are read from the file only
doctor-hint-keyring-failed = Until this is put right, passwords are read from the file only

## Passwords of cameras

passwords-prompt = Password for { $name }
passwords-none = No passwords are kept
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

## The camera's card

card-title = Camera
card-link = Link
card-picture = Picture
card-load = Decoding
card-service = Service
card-reason = Reason
card-stream = Stream
card-age = Age on screen
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } ms
card-frames = Frames
card-counters = { $received } received, { $lost } packets lost, sessions: { $sessions }
card-clock = Camera clock
card-own-clock = Our clock
card-priority = Priority
card-priority-hint = When the machine is short, 5 is slowed first and 1 last
card-id = Id
card-firm = Firm
card-system = System
card-phone = Phone
card-day = 24 hours
card-good-share = reliable { $percent } % of the watched time

## Clocks

clock-unknown = not told
clock-offset = { $sign }{ $seconds } s against ours
clock-hour = Not moved to UTC+5 in March 2024?
clock-uncertain = Uncertain: our clock has no reference
clock-own-yes = follows a reference
clock-own-no = follows no reference
clock-own-unknown = reference unknown

## Cameras that cannot be relied on

troubles-title = Not to be relied on: { $count }
troubles-none = Every camera on this page can be relied on.
notice-no-other-camera = There is no other camera to take its place.
command-card = Camera card
command-troubles = Cameras not to be relied on
command-replace = Replace with the next by priority
command-undo-replace = Take the replacement back
command-accept-picture = This is how the camera looks from now on
status-slowed = ◑ Slowed { $count }
