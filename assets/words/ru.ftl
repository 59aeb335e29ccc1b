### Кыран по-русски. Термины: docs/glossary.md.

## Программа

app-name = Кыран
app-tagline = Видеостена для центров оперативного управления

## Окно камеры: связь

link-connecting = подключение
link-live = прямой эфир
link-late = отстаёт
link-lost = связь потеряна
link-refused = отказано
link-backoff = ждёт повтора

## Окно камеры: изображение

picture-good = изображение в норме
picture-frozen = кадр застыл
picture-black = чёрный экран
picture-lost = нет изображения
picture-blurred = размыто
picture-moved = камера сдвинута

## Окно камеры: учёт

admin-in-service = в работе
admin-in-repair = в ремонте
admin-masked = закрыта маской
admin-access-closed = доступ закрыт

## Окно камеры: нагрузка

load-full = полная частота
load-slowed = замедлено
load-keyframes = только опорные кадры
load-paused = приостановлено

## Почему в окне нет прямого эфира

reason-no-answer = камера не отвечает
reason-connection-refused = соединение отклонено
reason-wrong-password = неверное имя или пароль
reason-not-found = поток не найден
reason-no-video = в потоке нет видео
reason-unsupported-codec = кодек не поддерживается: { $codec }
reason-decode-failed = ошибка декодирования
reason-decoder-restarted = декодер перезапущен
reason-silent = нет данных { $seconds } с
reason-server-unavailable = сервер недоступен
reason-protocol-error = ошибка протокола
reason-waiting-keyframe = ожидание опорного кадра
reason-connection-closed = соединение закрыто
reason-unknown-host = узел неизвестен
reason-password-missing = нужен пароль
reason-file = файл не читается
reason-no-address = адрес не задан
reason-retry-in = повтор через { $seconds } с

## Возраст изображения

age-seconds = { $seconds } с
age-minutes = { $minutes } мин
age-hours = { $hours } ч
age-ago = { $age } назад

## Строка состояния

status-feeds = В эфире { $live } из { $total }
status-frames = Кадры { $shown } из { $due }
status-dropped = Пропущено { $frames }
status-processor = Процессор { $cores } ядра
status-clock = { $time }
count-cameras = { $count ->
    [one] { $count } камера
    [few] { $count } камеры
   *[many] { $count } камер
  }
count-pages = Страница { $page } из { $pages }

## Команды

command-language = Язык
command-full-screen = Во весь экран
command-fit = Вписать изображение
command-fit-letterbox = Кадр целиком
command-fit-crop = Заполнить окно
command-enlarge = Увеличить
command-back = Назад к стене
command-next-page = Следующая страница
command-previous-page = Предыдущая страница
command-layout = Раскладка
command-layout-automatic = Автоматически
command-layout-columns = { $count ->
    [one] { $count } столбец
    [few] { $count } столбца
   *[many] { $count } столбцов
  }
command-help = Справка
command-quit = Выход

## Справка

help-title = Клавиши
help-move = Выбрать окно
help-arrows = Стрелки
help-click = Щелчок
help-double-click = Двойной щелчок
help-close = Закрыть

## Ошибки, сказанные словами

error-no-gpu = Видеоадаптер не найден
error-no-gpu-hint = Установите драйвер Vulkan или OpenGL; программная отрисовка: { $package }
error-no-display = Нет дисплея
error-no-display-hint = Запустите программу в графическом сеансе или задайте DISPLAY или WAYLAND_DISPLAY
error-camera-file = Файл камер { $file } не читается: { $problem }
error-camera-row = Файл камер, строка { $row }, поле { $field }: { $problem }
error-camera-rows = { $count ->
    [one] В файле камер { $count } строка с ошибкой; остальные камеры открыты
    [few] В файле камер { $count } строки с ошибками; остальные камеры открыты
   *[many] В файле камер { $count } строк с ошибками; остальные камеры открыты
  }
error-passwords-open = Файл паролей { $file } доступен другим; установите ему права 600
error-missing-element = Нет элемента GStreamer { $element }; установите пакет { $package }
error-no-footage = Нет демонстрационных записей
error-no-footage-hint = Подготовьте их командой { $command }
notice-restarted-crash = { $time }: программа перезапущена после сбоя ({ $what })
notice-restarted-signal = сигнал { $number }
notice-restarted-exit = код завершения { $number }
notice-restarted-still = { $time }: программа перезапущена, так как не отвечала
notice-restarted-device = { $time }: программа перезапущена, так как было потеряно графическое устройство

## Что не так с полем файла камер

problem-empty = пусто
problem-too-long = длиннее { $most } знаков
problem-bad-character = недопустимый знак { $character }
problem-not-a-number = не число: { $value }
problem-out-of-range = { $value } не между { $least } и { $most }
problem-unknown-word = неизвестное слово { $value }; известны: { $known }
problem-doubled = { $value } встречается дважды
problem-bad-address = не адрес: { $value }
problem-address-has-password = в адресе есть пароль; перенесите его в файл паролей
problem-syntax = не разобрать: { $value }
problem-missing-column = столбца нет
problem-unknown-column = неизвестный столбец

## Показать нечего

empty-no-cameras = Камер пока нет: откройте файл камер или демонстрационный город
empty-no-cameras-hint = { $command }

## Проверка рабочего места

doctor-title = Что есть на этом рабочем месте
doctor-ready = Видеостена может работать
doctor-not-ready = Видеостена пока не может работать
doctor-state-ok = есть
doctor-state-warn = внимание
doctor-state-missing = нет
doctor-section-programs = Версии
doctor-section-graphics = Графика
doctor-section-display = Мониторы
doctor-section-media = Видео
doctor-section-sound = Звук
doctor-section-machine = Компьютер
doctor-section-clock = Часы
doctor-section-folders = Папки и записи
doctor-hint-install = Установите { $package }
doctor-hint-gpu = Установите драйвер видеокарты или, для программной отрисовки, { $package }
doctor-hint-gpu-software = Рисует процессор; видеокарта с драйвером сняла бы эту нагрузку
doctor-hint-display = Запустите в графическом сеансе или задайте DISPLAY или WAYLAND_DISPLAY
doctor-hint-monitors-unknown = Установите { $package }, чтобы видеть размеры и расположение
doctor-hint-media = Установите GStreamer: { $package }
doctor-hint-hardware-decoder = Видео декодирует процессор; { $package } может дать декодер на видеокарте
doctor-hint-sound = Тревог не будет слышно: подключите звуковую карту или колонки и проверьте звуковой сервер
doctor-hint-cores = Для 45 камер нужно не меньше ядер: { $cores }
doctor-hint-memory = Для 45 камер нужно не меньше { $memory }
doctor-hint-clock = Включите синхронизацию времени: по этим часам датируются записи и дела
doctor-hint-clock-unknown = Проверьте вручную, что часы этого компьютера синхронизируются
doctor-hint-folder = Задайте HOME или папки XDG либо укажите --config и --data
doctor-hint-folder-unwritable = Дайте этому пользователю право записи туда
doctor-hint-footage = Нужны только для демонстрации: подготовьте командой { $command }
doctor-hint-keyring = Пароли камер лежат в файле; связка ключей хранит их зашифрованными: установите { $package }
doctor-hint-keyring-none-yet = Создайте связку ключей по умолчанию в программе рабочего стола или войдите в систему по паролю: обычно она создаётся при входе
doctor-hint-keyring-locked = Разблокируйте связку ключей, обычно её открывает вход в систему; до этого пароли берутся только из файла
doctor-hint-keyring-failed = Пока это не исправлено, пароли берутся только из файла

## Пароли камер

passwords-prompt = Пароль для { $name }
passwords-none = Сохранённых паролей нет
passwords-camera = камера
passwords-host = хост
passwords-in-keyring = связка ключей
passwords-in-file = файл паролей
passwords-set-keyring = Пароль для { $name } сохранён в связке ключей системы
passwords-set-file = Пароль для { $name } сохранён в { $file }
passwords-forgotten = Пароль для { $name } удалён: { $places }
passwords-moved-keyring = Перенесено в связку ключей системы: { $count }; { $file } удалён
passwords-moved-file = Перенесено в { $file }: { $count }; в связке ключей системы паролей нет
passwords-nothing-to-move = Переносить нечего
passwords-keyring-missing = Связки ключей в системе нет: { $problem }
passwords-keyring-locked = Связка ключей системы заблокирована; её содержимое не показано, не используется и не меняется
passwords-keyring-locked-wall = Связка ключей системы заблокирована, пароли из неё неизвестны: разблокируйте её и запустите стену заново
passwords-keyring-failed = Пароли из связки ключей системы не используются: { $problem }

## Карточка камеры

card-title = Камера
card-link = Связь
card-picture = Изображение
card-load = Декодирование
card-service = Учёт
card-reason = Причина
card-stream = Поток
card-age = Возраст кадра
card-ages = 50 / 95 / 99 %: { $p50 } / { $p95 } / { $p99 } мс
card-frames = Кадры
card-counters = принято { $received }, потеряно пакетов { $lost }, сеансов: { $sessions }
card-clock = Часы камеры
card-own-clock = Наши часы
card-priority = Приоритет
card-priority-hint = При нехватке мощности 5 замедляется первым, 1 — последним
card-id = Код
card-firm = Фирма
card-system = Система
card-phone = Телефон
card-day = 24 часа
card-good-share = надёжна { $percent } % времени наблюдения

## Часы

clock-unknown = не сообщает
clock-offset = { $sign }{ $seconds } с к нашим
clock-hour = Не переведена на UTC+5 в марте 2024 года?
clock-uncertain = Неточно: наши часы не сверены
clock-own-yes = сверены с эталоном
clock-own-no = не сверены с эталоном
clock-own-unknown = сверка неизвестна

## Камеры, которым нельзя верить

troubles-title = Нельзя положиться: { $count }
troubles-none = На все камеры этой страницы можно положиться.
notice-no-other-camera = Нет другой камеры на её место.
command-card = Карточка камеры
command-troubles = Камеры, на которые нельзя положиться
command-replace = Заменить следующей по приоритету
command-undo-replace = Отменить замену
command-accept-picture = Теперь камера выглядит так
status-slowed = ◑ Замедлено { $count }
