### Қыран қазақша. Терминдер: docs/glossary.md.

## Бағдарлама

app-name = Қыран
app-tagline = Жедел басқару орталықтарына арналған бейнеқабырға

## Ұяшық: камерамен байланыс

link-connecting = қосылуда
link-live = тікелей эфир
link-late = кешігуде
link-lost = байланыс үзілді
link-refused = бас тартылды
link-backoff = қайта қосылады

## Ұяшық: кескін

picture-good = кескін қалыпты
picture-frozen = кадр қатып қалды
picture-black = қара экран
picture-lost = кескін жоқ
picture-blurred = бұлыңғыр
picture-moved = камера жылжыған

## Ұяшық: есеп

admin-in-service = жұмыс істейді
admin-in-repair = жөндеуде
admin-masked = маскамен жабылған
admin-access-closed = қолжетімділік жабық

## Ұяшық: жүктеме

load-full = толық жиілік
load-slowed = баяулатылған
load-keyframes = тек тірек кадрлар
load-paused = кідіртілген

## Неге ұяшықта тікелей эфир жоқ

reason-no-answer = камера жауап бермейді
reason-connection-refused = қосылым қабылданбады
reason-wrong-password = аты немесе құпиясөзі қате
reason-not-found = ағын табылмады
reason-no-video = ағында бейне жоқ
reason-unsupported-codec = кодекке қолдау жоқ: { $codec }
reason-decode-failed = декодтау қатесі
reason-decoder-restarted = декодер қайта іске қосылды
reason-silent = { $seconds } с бойы дерек жоқ
reason-server-unavailable = сервер қолжетімсіз
reason-protocol-error = протокол қатесі
reason-waiting-keyframe = тірек кадр күтілуде
reason-connection-closed = қосылым жабылды
reason-unknown-host = торап белгісіз
reason-password-missing = құпиясөз керек
reason-file = файл оқылмайды
reason-no-address = мекенжайы берілмеген
reason-retry-in = { $seconds } с кейін қайталанады

## Кескіннің жасы

age-seconds = { $seconds } с
age-minutes = { $minutes } мин
age-hours = { $hours } сағ
age-ago = { $age } бұрын

## Күй жолы

status-feeds = Эфирде { $live } / { $total }
status-frames = Кадрлар { $shown } / { $due }
status-dropped = Өткізіп алынды { $frames }
status-processor = Процессор { $cores } ядро
status-clock = { $time }
count-cameras = { $count ->
    [one] { $count } камера
   *[other] { $count } камера
  }
count-pages = { $page }-бет, барлығы { $pages }

## Командалар

command-language = Тіл
command-full-screen = Толық экран
command-fit = Кескінді сыйғызу
command-fit-letterbox = Кадр толығымен
command-fit-crop = Ұяшықты толтыру
command-enlarge = Үлкейту
command-back = Қабырғаға қайту
command-next-page = Келесі бет
command-previous-page = Алдыңғы бет
command-layout = Орналасу
command-layout-automatic = Автоматты
command-layout-columns = { $count ->
    [one] { $count } баған
   *[other] { $count } баған
  }
command-help = Анықтама
command-quit = Шығу

## Анықтама

help-title = Пернелер
help-move = Ұяшықты таңдау
help-arrows = Бағыттауыш пернелер
help-click = Шерту
help-double-click = Қос шерту
help-close = Жабу

## Сөзбен айтылған қателер

error-no-gpu = Бейнеадаптер табылмады
error-no-gpu-hint = Vulkan немесе OpenGL драйверін орнатыңыз; бағдарламалық сызу үшін: { $package }
error-no-display = Дисплей жоқ
error-no-display-hint = Бағдарламаны графикалық сеанста іске қосыңыз немесе DISPLAY не WAYLAND_DISPLAY мәнін беріңіз
error-camera-file = { $file } камералар файлы оқылмайды: { $problem }
error-camera-row = Камералар файлы, { $row }-жол, { $field } өрісі: { $problem }
error-camera-rows = { $count ->
    [one] Камералар файлының { $count } жолында қате бар; қалған камералар ашылды
   *[other] Камералар файлының { $count } жолында қате бар; қалған камералар ашылды
  }
error-passwords-open = { $file } құпиясөздер файлын басқалар оқи алады; оған 600 құқығын беріңіз
error-missing-element = GStreamer элементі жоқ: { $element }; { $package } бумасын орнатыңыз
error-no-footage = Көрсетілім жазбалары жоқ
error-no-footage-hint = Оларды мына командамен дайындаңыз: { $command }
notice-restarted-crash = { $time }: бағдарлама ақаудан кейін қайта іске қосылды ({ $what })
notice-restarted-signal = { $number } сигналы
notice-restarted-exit = аяқталу коды { $number }
notice-restarted-still = { $time }: бағдарлама жауап бермегендіктен қайта іске қосылды
notice-restarted-device = { $time }: графикалық құрылғы жоғалғандықтан бағдарлама қайта іске қосылды

## Камералар файлының өрісінде не дұрыс емес

problem-empty = бос
problem-too-long = { $most } таңбадан ұзын
problem-bad-character = рұқсат етілмеген таңба: { $character }
problem-not-a-number = сан емес: { $value }
problem-out-of-range = { $value } мәні { $least } бен { $most } аралығында емес
problem-unknown-word = белгісіз сөз: { $value }; белгілілері: { $known }
problem-doubled = { $value } екі рет кездеседі
problem-bad-address = мекенжай емес: { $value }
problem-address-has-password = мекенжайда құпиясөз бар; оны құпиясөздер файлына көшіріңіз
problem-syntax = оқылмайды: { $value }
problem-missing-column = баған жоқ
problem-unknown-column = белгісіз баған

## Көрсететін ештеңе жоқ

empty-no-cameras = Әзірге камера жоқ: камералар файлын немесе көрсетілім қаласын ашыңыз
empty-no-cameras-hint = { $command }

## Жұмыс орнын тексеру

doctor-title = Осы жұмыс орнында не бар
doctor-ready = Бейнеқабырға жұмыс істей алады
doctor-not-ready = Бейнеқабырға әзірге жұмыс істей алмайды
doctor-state-ok = бар
doctor-state-warn = назар аударыңыз
doctor-state-missing = жоқ
doctor-section-programs = Нұсқалар
doctor-section-graphics = Графика
doctor-section-display = Мониторлар
doctor-section-media = Бейне
doctor-section-sound = Дыбыс
doctor-section-machine = Компьютер
doctor-section-clock = Сағат
doctor-section-folders = Қалталар мен жазбалар
doctor-hint-install = { $package } орнатыңыз
doctor-hint-gpu = Бейнекарта драйверін немесе бағдарламалық сызу үшін { $package } орнатыңыз
doctor-hint-gpu-software = Суретті процессор сызады; драйвері бар бейнекарта бұл жүктемені өзіне алар еді
doctor-hint-display = Графикалық сеанста іске қосыңыз немесе DISPLAY не WAYLAND_DISPLAY мәнін беріңіз
doctor-hint-monitors-unknown = Өлшемдері мен орналасуын көру үшін { $package } орнатыңыз
doctor-hint-media = GStreamer орнатыңыз: { $package }
doctor-hint-hardware-decoder = Бейнені процессор декодтайды; { $package } бейнекартаның декодерін беруі мүмкін
doctor-hint-sound = Дабылдар естілмейді: дыбыс картасын немесе колонканы қосып, дыбыс серверін тексеріңіз
doctor-hint-cores = 45 камераға кемінде мынанша ядро керек: { $cores }
doctor-hint-memory = 45 камераға кемінде { $memory } керек
doctor-hint-clock = Уақытты үйлестіруді қосыңыз: жазбалар мен істердің күні осы сағат бойынша қойылады
doctor-hint-clock-unknown = Осы компьютердің сағаты үйлестірілетінін қолмен тексеріңіз
doctor-hint-folder = HOME немесе XDG қалталарын беріңіз не --config пен --data көрсетіңіз
doctor-hint-folder-unwritable = Осы пайдаланушыға сонда жазу құқығын беріңіз
doctor-hint-footage = Тек көрсетілімге керек: { $command } командасымен дайындаңыз
doctor-hint-keyring = Камералардың құпиясөздері файлда жатыр; кілттер сақтағышы оларды шифрлап сақтайды: { $package } орнатыңыз
doctor-hint-keyring-none-yet = Жұмыс үстелінің бағдарламасында негізгі кілттер сақтағышын жасаңыз немесе жүйеге құпиясөзбен кіріңіз: әдетте ол кіргенде жасалады
doctor-hint-keyring-locked = Кілттер сақтағышының құлпын ашыңыз, әдетте ол жүйеге кіргенде ашылады; оған дейін құпиясөздер тек файлдан алынады
doctor-hint-keyring-failed = Бұл түзетілгенше құпиясөздер тек файлдан алынады

## Камералардың құпиясөздері

passwords-prompt = { $name } құпиясөзі
passwords-none = Сақталған құпиясөз жоқ
passwords-camera = камера
passwords-host = хост
passwords-in-keyring = кілттер сақтағышы
passwords-in-file = құпиясөздер файлы
passwords-set-keyring = { $name } құпиясөзі жүйенің кілттер сақтағышында сақталды
passwords-set-file = { $name } құпиясөзі { $file } файлында сақталды
passwords-forgotten = { $name } құпиясөзі жойылды: { $places }
passwords-moved-keyring = Жүйенің кілттер сақтағышына көшірілді: { $count }; { $file } жойылды
passwords-moved-file = { $file } файлына көшірілді: { $count }; жүйенің кілттер сақтағышында құпиясөз қалмады
passwords-nothing-to-move = Көшіретін ештеңе жоқ
passwords-keyring-missing = Жүйеде кілттер сақтағышы жоқ: { $problem }
passwords-keyring-locked = Жүйенің кілттер сақтағышы құлыптаулы; ондағы құпиясөздер көрсетілмейді, қолданылмайды және өзгермейді
passwords-keyring-locked-wall = Жүйенің кілттер сақтағышы құлыптаулы, ондағы құпиясөздер белгісіз: құлпын ашып, қабырғаны қайта іске қосыңыз
passwords-keyring-failed = Жүйенің кілттер сақтағышындағы құпиясөздер қолданылмайды: { $problem }

## Камера картасы

card-title = Камера
card-link = Байланыс
card-picture = Кескін
card-load = Декодтау
card-service = Есеп
card-reason = Себебі
card-stream = Ағын
card-age = Кадр жасы
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } мс
card-frames = Кадрлар
card-counters = { $received } қабылданды, { $lost } пакет жоғалды, сеанс: { $sessions }
card-clock = Камера сағаты
card-own-clock = Біздің сағат
card-priority = Басымдық
card-priority-hint = Қуат жетпесе, алдымен 5, соңында 1 баяулайды
card-id = Коды
card-firm = Фирма
card-system = Жүйе
card-phone = Телефон
card-day = 24 сағат
card-good-share = бақылау уақытының { $percent } % сенімді

## Сағаттар

clock-unknown = хабарламайды
clock-offset = бізден { $sign }{ $seconds } с
clock-hour = 2024 жылғы наурызда UTC+5-ке ауыстырылмаған ба?
clock-uncertain = Дәл емес: біздің сағат тексерілмеген
clock-own-yes = эталонмен сәйкес
clock-own-no = эталонмен сәйкестендірілмеген
clock-own-unknown = сәйкестігі белгісіз

## Сенуге болмайтын камералар

troubles-title = Сенуге болмайды: { $count }
troubles-none = Бұл беттегі камералардың бәріне сенуге болады.
notice-no-other-camera = Орнына қоятын басқа камера жоқ.
command-card = Камера картасы
command-troubles = Сенуге болмайтын камералар
command-replace = Басымдығы бойынша келесісімен ауыстыру
command-undo-replace = Ауыстыруды қайтару
command-accept-picture = Енді камера осылай көрінеді
status-slowed = ◑ Баяулатылған { $count }
